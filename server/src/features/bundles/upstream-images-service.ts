import type { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { SelectedItem } from '../../bundles/selection/selection.ts'
import type { BundleUpstream } from '../../contract/mooring-bundle-values.ts'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import { isProblem, messageOf } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { Upstream, UpstreamClient } from '../../upstream/upstream.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { Copier } from '../copying/copy.ts'
import { CopyFault } from '../copying/copy-fault.ts'
import { createCopyMeter } from '../copying/copy-meter.ts'
import { selectTags } from '../mirrors/tag-selection.ts'
import { parseRepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { RepositoryName } from '../repositories/repository-name.ts'
import { tagStore } from '../tags/tag-store.ts'
import type { ClosureRoot, ManifestReader } from './content-closure.ts'
import type { JobMeter } from './job-progress.ts'
import type { SelectionProblem } from './select-content.ts'

export type UpstreamLogin = z.output<typeof BundleUpstream>

/** An image of another registry, as it was when it was asked for. */
export interface UpstreamImage {
  /** `docker.io/library/alpine` */
  readonly name: string
  readonly reference: string
  readonly digest: Digest
  readonly tag: string | undefined
  readonly platforms: readonly string[] | undefined
  readonly upstream: Upstream
}

export interface FoundImages {
  readonly images: readonly UpstreamImage[]
  readonly problems: readonly SelectionProblem[]
}

export type UpstreamImages = ReturnType<typeof createUpstreamImages>

/** Where images of other registries wait to be written: an organization like any other. */
export const stagingNamespace = 'bundle-upstreams'
const stagedForMs = 30 * 24 * 3_600_000
const tagsAtMost = 10_000
const imagesAtOnce = 3

/** Images that a list names and that are of other registries. */
export function createUpstreamImages({
  client,
  copier,
  database,
  clock,
  requireRepository,
}: {
  client: UpstreamClient
  copier: Copier
  database: Database
  clock: Clock
  requireRepository: (name: RepositoryName, by: Actor) => Promise<RepositoryRow>
}) {
  function open(host: string, repository: string, logins: readonly UpstreamLogin[]): Upstream {
    const login = logins.find((one) => one.host.toLowerCase() === host)
    const { username, password, verify_tls = true, plain_http = false } = login ?? {}
    const hasCredentials = username !== undefined && password !== undefined
    return client.repository(
      {
        ...{ host, repository, verifyTls: verify_tls, plainHttp: plain_http },
        ...(hasCredentials && { credentials: { username, password } }),
      },
      copier.observer(host),
    )
  }

  async function tagsOf(upstream: Upstream, { wanted }: SelectedItem, signal: AbortSignal) {
    if (wanted.kind === 'tag') return [wanted.tag]
    if (wanted.kind === 'digest') return []
    const available: string[] = []
    for await (const tag of upstream.listTags(signal)) {
      available.push(tag)
      if (available.length > tagsAtMost) {
        throw new BundleFault('selection-invalid', `It has more than ${String(tagsAtMost)} tags.`)
      }
    }
    const { patterns, newest = null, semver = null } = wanted
    const rules = { newest, semver, exclude: ['sha256-*'] }
    return selectTags(available, patterns.length === 0 ? ['*'] : patterns, rules)
  }

  async function find(
    item: SelectedItem,
    logins: readonly UpstreamLogin[],
    signal: AbortSignal,
  ): Promise<readonly UpstreamImage[]> {
    const { host = '', written, wanted, platforms } = item
    const isShort = host === 'docker.io' && !item.repository.includes('/')
    const repository = isShort ? `library/${item.repository}` : item.repository
    const name = `${host}/${repository}`
    const upstream = open(host, repository, logins)
    const common = { name, platforms, upstream }
    if (wanted.kind === 'digest') {
      const { digest, tag } = wanted
      const head = await upstream.headManifest(digest, signal)
      if (head === undefined) throw new CopyFault('not-found', 'There is no such image.')
      const reference = tag === undefined ? `${name}@${digest}` : `${name}:${tag}`
      return [{ ...common, reference, digest, tag }]
    }
    const images: UpstreamImage[] = []
    for (const tag of await tagsOf(upstream, item, signal)) {
      const head = await upstream.headManifest(tag, signal)
      if (head === undefined) {
        if (wanted.kind === 'tags') continue
        throw new CopyFault('not-found', `There is no tag ${tag}.`)
      }
      const digest = head.digest ?? (await upstream.getManifest(tag, signal)).digest
      images.push({ ...common, reference: `${name}:${tag}`, digest, tag })
    }
    if (images.length === 0) throw new CopyFault('not-found', `Nothing there fits ${written}.`)
    return images
  }

  /** Content that is to be had, in a repository of its own that is named after it. */
  async function stage(
    image: UpstreamImage,
    meter: ReturnType<typeof createCopyMeter>,
    withReferrers: boolean,
    platforms: readonly string[] | undefined,
    by: Actor,
    signal: AbortSignal,
  ): Promise<ClosureRoot> {
    const { name, reference, digest, upstream } = image
    const repository = await requireRepository(stagingName(name), by)
    // The tag may have moved upstream since: what was planned is fetched.
    const tag = image.tag ?? `digest-${digest.slice(digest.indexOf(':') + 1)}`.slice(0, 128)
    const pinned = (asked: string) => (asked === tag ? digest : asked)
    const keepFor = async (tx: Database['db'], name: string) => {
      const current = await tagStore(tx).findCurrent(repository.id, name)
      if (current?.immutable === 0) await tagStore(tx).setEnd(current.id, clock.now() + stagedForMs)
    }
    await copier.copyTag({
      upstream: {
        ...upstream,
        headManifest: (asked, until) => upstream.headManifest(pinned(asked), until),
        getManifest: (asked, until) => upstream.getManifest(pinned(asked), until),
      },
      ...{ source: upstream.access.host, repositoryId: repository.id, tag, meter, signal },
      ...{ withReferrers, platforms: image.platforms ?? platforms ?? [] },
      record: (tx, moved) => keepFor(tx, moved.tag),
    })
    await database.db.transaction().execute((tx) => keepFor(tx, tag))
    const { platforms: own } = image
    return { repositoryId: repository.id, name, reference, digest, platforms: own }
  }

  return {
    /** Asks for names and digests only. What fails is named with its reason. */
    async find(
      items: readonly SelectedItem[],
      logins: readonly UpstreamLogin[],
      signal: AbortSignal,
    ): Promise<FoundImages> {
      const images = new Map<string, UpstreamImage>()
      const problems: SelectionProblem[] = []
      for (const item of items) {
        try {
          for (const image of await find(item, logins, signal)) images.set(image.reference, image)
        } catch (error) {
          problems.push({ reference: item.written, message: reasonOf(error, signal) })
        }
      }
      return { images: [...images.values()], problems }
    },

    /** Images as they are there, for the numbers of a plan. */
    remoteRoots(images: readonly UpstreamImage[]): readonly ClosureRoot[] {
      const signal = AbortSignal.timeout(planWithinMs)
      const tagsOfAll = new Map<string, Promise<ReadonlySet<string> | undefined>>()
      return images.map(({ name, reference, digest, platforms, upstream }) => {
        const listTags = () => {
          const tags = tagsOfAll.get(name) ?? allTags(upstream, signal)
          tagsOfAll.set(name, tags)
          return tags
        }
        const reader: ManifestReader = {
          find: (wanted) => upstream.getManifest(wanted, signal),
          listReferrers: async (subject) =>
            (await upstream.listReferrers(subject, { signal })).map((one) => one.digest),
          async findTag(tag) {
            if ((await listTags())?.has(tag) === false) return undefined
            const head = await upstream.headManifest(tag, signal)
            return head && (head.digest ?? (await upstream.getManifest(tag, signal)).digest)
          },
        }
        return { repositoryId: 0, reader, name, reference, digest, platforms }
      })
    },

    reasonOf,

    /**
     * Brings the images here, each blob once and from where it was broken off.
     * @throws BundleFault `upstream-failed`, naming those that did not come
     */
    async fetch(
      images: readonly UpstreamImage[],
      {
        meter,
        signal,
        withReferrers,
        platforms,
        by,
      }: {
        readonly meter: JobMeter
        readonly signal: AbortSignal
        readonly withReferrers: boolean
        readonly platforms: readonly string[] | undefined
        readonly by: Actor
      },
    ): Promise<readonly ClosureRoot[]> {
      meter.enter('fetching', { itemsTotal: images.length })
      const copying = createCopyMeter({
        elapsed: startStopwatch(),
        report: ({ bytes, bytesTotal }) => {
          meter.reach({ done: bytes, total: bytesTotal })
        },
      })
      const roots = new Map<UpstreamImage, ClosureRoot>()
      const failed: string[] = []
      const queue = [...images]
      const work = async () => {
        for (let image = queue.shift(); image !== undefined; image = queue.shift()) {
          try {
            const { reference } = image
            roots.set(image, await stage(image, copying, withReferrers, platforms, by, signal))
            meter.finished(reference)
          } catch (error) {
            failed.push(`${image.reference}: ${reasonOf(error, signal)}`)
          }
        }
      }
      await Promise.all(Array.from({ length: imagesAtOnce }, work))
      requireAll(failed)
      await database.flush()
      return images.flatMap((image) => roots.get(image) ?? [])
    },
  }
}

const planWithinMs = 120_000
const failuresShown = 20

/** Undefined where there are too many to list, or the registry lists none. */
async function allTags(
  upstream: Upstream,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const tags = new Set<string>()
  try {
    for await (const tag of upstream.listTags(signal)) {
      if (tags.size === tagsAtMost) return undefined
      tags.add(tag)
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof UpstreamFault)) throw error
    return undefined
  }
  return tags
}

/** @throws BundleFault `upstream-failed` */
export function requireAll(failed: readonly string[]): void {
  if (failed.length === 0) return
  const more = failed.length - failuresShown
  const about = failed.slice(0, failuresShown).join(' ')
  const rest = more > 0 ? ` And ${String(more)} more.` : ''
  throw new BundleFault('upstream-failed', `${about}${rest}`)
}

/** In words for people; what is not about the image ends everything. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) throw signal.reason
  if (error instanceof UpstreamFault || error instanceof CopyFault) return error.message
  if (error instanceof BundleFault) return error.about
  if (isProblem(error) && error.code !== 'storage-full') return messageOf(error, error.code)
  throw error
}

/** One segment, so that it is possible everywhere: `docker.io__library__alpine`. */
function stagingName(name: string): RepositoryName {
  const flat = name.replaceAll('/', '__').replaceAll(/[:[\]]/g, '_')
  const rules = { extended: false, librarySupport: false, libraryNamespace: stagingNamespace }
  return parseRepositoryName(`${stagingNamespace}/${flat.replace(/^_+/, '')}`, rules)
}
