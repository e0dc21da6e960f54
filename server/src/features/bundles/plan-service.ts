import type { z } from 'zod'

import { parseRecipients } from '../../bundles/age/age-keys.ts'
import type { BundleBlob, BundleEntry, BundlePlan, VolumePlan } from '../../bundles/bundle.ts'
import { newBundleId } from '../../bundles/bundle-id.ts'
import { isFullReference } from '../../bundles/bundle-lists.ts'
import { planVolumes } from '../../bundles/plan-volumes.ts'
import type { SelectedItem } from '../../bundles/selection/selection.ts'
import { parseVolumeSize } from '../../bundles/volume-size.ts'
import type { Config } from '../../config/config.ts'
import type { BundleBaseChoice, BundleSelection } from '../../contract/mooring-bundle-values.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isProblem, messageOf, Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { ManifestContent } from '../manifests/manifest-content.ts'
import { createBundleBases, type FoundBase } from './bundle-bases.ts'
import type { TagRules } from './bundle-content-store.ts'
import { bundleStore } from './bundle-store.ts'
import {
  ClosureProblem,
  createContentClosure,
  type ClosureBlob,
  type ClosureRoot,
} from './content-closure.ts'
import { proposeDeletions } from './deletion-proposals.ts'
import { matchesGlob } from './glob.ts'
import { readListSelection } from './list-selection.ts'
import { parseRate } from './rate.ts'
import { resolveRequest } from './request-selection.ts'
import { createContentSelection, type SelectionProblem } from './select-content.ts'
import type { SigningKeys } from './signing-key-service.ts'

export interface BundleWish {
  readonly selection: z.output<typeof BundleSelection>
  readonly base?: z.output<typeof BundleBaseChoice> | undefined
  readonly platforms?: readonly string[] | undefined
  readonly referrers?: boolean | undefined
  readonly propose_deletions?: boolean | undefined
  readonly volume_size?: string | undefined
  readonly rate?: string | undefined
  readonly stream?: string | undefined
  readonly format?: 'directory' | 'tar' | undefined
  readonly encrypt?: readonly string[] | undefined
}

/** Images of other registries: as they are there, or as they were brought here. */
export interface FromUpstreams {
  readonly roots: readonly ClosureRoot[]
  readonly problems: readonly SelectionProblem[]
}

export interface BuiltPlan {
  readonly plan: BundlePlan
  readonly volumes: VolumePlan['volumes']
  readonly problems: readonly SelectionProblem[]
  /** What only it brings along, the largest first. */
  readonly biggest: readonly { readonly reference: string; readonly bytes: number }[]
  /** What the base has not. */
  readonly news: readonly BundleBlob[]
  readonly rate: number | undefined
  readonly volumeBytes: number | undefined
  readonly siteFreeBytes: number | null
}

/** No failure to somebody who wants only what is new. */
export const nothingChanged = 'Nothing has changed since the base.'
const biggestShown = 20
const dayMs = 24 * 3_600_000

export type BundlePlans = ReturnType<typeof createBundlePlans>

/** Decides what a bundle carries. Nothing is written. */
export function createBundlePlans({
  db,
  content,
  clock,
  random,
  signing,
  config,
}: {
  db: Db
  content: ManifestContent
  clock: Clock
  random: Random
  signing: SigningKeys
  config: Pick<Config, 'serverHostname'>
}) {
  const bases = createBundleBases({ db })
  const host = config.serverHostname.toLowerCase()

  async function select(wish: BundleWish, fromUpstreams: FromUpstreams | undefined) {
    const now = clock.now()
    const { repositories = [], list, newest } = wish.selection
    const selection = createContentSelection({ db, now, host, rules: rulesOf(wish, now) })
    for (const one of repositories) await selection.addRepositories({ ...one, newest })
    if (list === undefined || list.trim() === '') return { selection, now }
    const { here, elsewhere } = readListSelection(list, host)
    for (const root of fromUpstreams?.roots ?? []) selection.roots.set(root.reference, root)
    selection.problems.push(...(fromUpstreams?.problems ?? []))
    for (const one of here) {
      if (one.kind === 'repositories') {
        await selection.addRepositories({ ...one.wish, newest: one.wish.newest ?? newest })
      } else if (!(await selection.addImage(one.image))) {
        const { reference } = one.image
        selection.problems.push({ reference, message: 'There is no such image here.' })
      }
    }
    for (const { written } of fromUpstreams === undefined ? elsewhere : []) {
      selection.problems.push({ reference: written, message: 'It is not in this registry.' })
    }
    return { selection, now }
  }

  async function collect(
    wish: BundleWish,
    base: FoundBase,
    fromUpstreams: FromUpstreams | undefined,
  ) {
    const { selection, now } = await select(wish, fromUpstreams)
    const { platforms } = wish
    const withReferrers = wish.referrers !== false
    const closure = createContentClosure({ db, content, now, platforms, withReferrers })
    const gathered = createGathering(selection.problems)
    const { exclude = [], changed = false } = wish.selection
    const queue = [...selection.roots.values()].filter(
      ({ reference, digest }) =>
        !(changed && base.digests.has(digest)) &&
        !exclude.some((pattern) => matchesGlob(pattern, reference)),
    )
    for (let root = queue.shift(); root !== undefined; root = queue.shift()) {
      if (!isFullReference(root.reference)) {
        selection.problems.push({
          reference: root.reference,
          message: 'Other tools cannot read this name, so a bundle cannot hold it.',
        })
        continue
      }
      try {
        const found = await closure.walk(root)
        gathered.add(found.entries, found.blobs)
        if (!withReferrers) continue
        const manifests = found.blobs.filter(({ kind }) => kind === 'manifest')
        const digests = manifests.map(({ digest }) => digest)
        const companions = await closure.findCompanions(root, digests)
        queue.push(...selection.addCompanions(companions))
      } catch (error) {
        const message = reasonOf(error)
        if (message === undefined) throw error
        selection.problems.push({ reference: root.reference, message })
      }
    }
    return { ...gathered, base, problems: selection.problems }
  }

  return {
    /** What of a list is of other registries. @throws BundleFault `selection-invalid` */
    elsewhere({ selection: { list, exclude = [] } }: BundleWish): readonly SelectedItem[] {
      if (list === undefined || list.trim() === '') return []
      const isExcluded = (text: string) => exclude.some((pattern) => matchesGlob(pattern, text))
      return readListSelection(list, host).elsewhere.filter(({ written }) => !isExcluded(written))
    },

    /**
     * @throws BundleFault for a selection, size or base that cannot be read, Problem `rule-violated`
     *   for one that is not known here.
     */
    async build(wish: BundleWish, fromUpstreams?: FromUpstreams): Promise<BuiltPlan> {
      const volumeSize =
        wish.volume_size === undefined ? undefined : parseVolumeSize(wish.volume_size)
      const rate = wish.rate === undefined ? undefined : parseRate(wish.rate)
      const request =
        wish.selection.request === undefined
          ? undefined
          : await resolveRequest({ db, document: wish.selection.request })
      const found =
        request === undefined
          ? await collect(wish, await bases.find(wish.base, wish.stream), fromUpstreams)
          : request
      if (found.entries.length === 0) {
        const [first] = found.problems
        if (first === undefined && wish.selection.changed === true) {
          throw new Problem('rule-violated', { message: nothingChanged })
        }
        const reason = first === undefined ? '' : ` ${first.reference}: ${first.message}`
        throw new Problem('rule-violated', { message: `Nothing is chosen.${reason}` })
      }
      const own = await signing.own()
      const sequence = await nextSequence(db, wish.stream)
      const { entries } = found
      const deletions =
        wish.propose_deletions === true
          ? await proposeDeletions({
              ...{ db, host, entries, now: clock.now() },
              ...{ stream: wish.stream, base: found.base.base },
            })
          : []
      const plan: BundlePlan = {
        id: newBundleId(clock.now(), random),
        createdAt: clock.now(),
        source: { name: host, instance: own.publicKey.keyId },
        ...(wish.stream !== undefined && { stream: wish.stream, sequence }),
        base: found.base.base,
        ...(deletions.length > 0 && { deletions }),
        entries,
        blobs: withoutBase(found.blobs, found.base),
      }
      const recipients = wish.encrypt && parseRecipients(wish.encrypt).length
      const { volumes } = planVolumes(plan, volumeSize, {
        ...{ format: recipients === undefined ? wish.format : 'tar', recipients },
      })
      return {
        ...{ plan, volumes, rate, problems: found.problems },
        volumeBytes: volumeSize?.bytes,
        siteFreeBytes: found.base.siteFreeBytes ?? null,
        biggest: biggestOf(found.shares, found.base),
        news: plan.blobs.filter(({ digest }) => !found.base.digests.has(digest)),
      }
    },
  }
}

function rulesOf({ selection: { label, pulled_days } }: BundleWish, now: Instant): TagRules {
  const [key = '', value] = label?.split(/=(.*)/s, 2) ?? []
  return {
    ...(label !== undefined && { label: { key, value } }),
    ...(pulled_days !== undefined && { pulledSince: now - pulled_days * dayMs }),
  }
}

/** Why an image cannot be carried; undefined for what is no trouble of an image. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof ClosureProblem || error instanceof UpstreamFault) return error.message
  return isProblem(error, 'manifest-invalid') ? messageOf(error, error.code) : undefined
}

/** What each entry is the first to bring. */
export interface Share {
  readonly reference: string
  readonly blobs: readonly ClosureBlob[]
}

function createGathering(problems: SelectionProblem[]) {
  const entries: BundleEntry[] = []
  const references = new Set<string>()
  const blobs = new Map<Digest, ClosureBlob>()
  const shares: Share[] = []
  return {
    entries,
    blobs,
    shares,
    add(found: readonly BundleEntry[], closure: readonly ClosureBlob[]): void {
      for (const entry of found) {
        if (references.has(entry.reference)) continue
        references.add(entry.reference)
        entries.push(entry)
      }
      const fresh = closure.filter((blob) => {
        const known = blobs.get(blob.digest)
        if (known !== undefined && known.sizeBytes !== blob.sizeBytes) {
          problems.push({ reference: blob.digest, message: 'Two images give it different sizes.' })
        }
        return known === undefined
      })
      for (const blob of closure) {
        // One image may use as a layer what is the config of another: configs always travel.
        const known = blobs.get(blob.digest)
        if (known === undefined || (known.kind === 'blob' && blob.kind === 'config')) {
          blobs.set(blob.digest, blob)
        }
      }
      shares.push({ reference: found[0]?.reference ?? '', blobs: fresh })
    },
  }
}

function withoutBase(
  blobs: ReadonlyMap<Digest, ClosureBlob>,
  { digests }: FoundBase,
): readonly BundleBlob[] {
  return [...blobs.values()]
    .map((blob) => ({ ...blob, isAssumed: blob.kind === 'blob' && digests.has(blob.digest) }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
}

function biggestOf(shares: readonly Share[], { digests }: FoundBase) {
  return shares
    .map(({ reference, blobs }) => ({
      reference,
      bytes: blobs.reduce(
        (sum, { digest, sizeBytes, kind }) =>
          kind === 'blob' && digests.has(digest) ? sum : sum + sizeBytes,
        0,
      ),
    }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, biggestShown)
}

async function nextSequence(db: Db, stream: string | undefined): Promise<number> {
  if (stream === undefined) return 0
  return ((await bundleStore(db).lastSequence(stream, 'out')) ?? 0) + 1
}
