import type { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import type { OpenBundle } from '../../bundles/bundle.ts'
import type { Config } from '../../config/config.ts'
import type { importChoices } from '../../contract/mooring-bundle-values.ts'
import type { Db } from '../../db/tables.ts'
import type { Digest } from '../../storage/digest.ts'
import { reserveBytes } from '../../storage/disk-space.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { entriesName } from './bundle-bases.ts'
import type { JobFact } from './bundle-job.ts'
import { bundleStore } from './bundle-store.ts'
import { unpackJson } from './digest-set.ts'
import { sortBlobs, type BlobNeeds } from './import-blobs.ts'
import { planImport, type ImportFacts, type ImportPlan } from './import-plan.ts'
import { policyRefusal, type ImportPolicy } from './import-policy.ts'
import { ledgerStore } from './ledger-store.ts'
import { createNameMap } from './name-map.ts'

export type ImportChoices = z.output<z.ZodObject<typeof importChoices>>

export interface Preparation {
  readonly plan: ImportPlan
  readonly needs: BlobNeeds
  /** What the bundles of this source said, as far as it is known here. */
  readonly lastImported: ReadonlyMap<string, string>
  readonly policy: ImportPolicy
  readonly seen: 'never' | 'same' | 'other'
  readonly neededBytes: number
  readonly freeBytes: number
  readonly warnings: readonly JobFact[]
}

export type ImportPreparation = ReturnType<typeof createImportPreparation>

/** Everything that is looked at before an import changes anything. */
export function createImportPreparation({
  db,
  storage,
  facts,
  config,
}: {
  db: Db
  storage: Pick<BlobStorage, 'space' | 'stat'>
  facts: ImportFacts
  config: Pick<Config, 'libraryNamespace'> & {
    readonly features: Pick<
      Config['features'],
      'sparseIndex' | 'extendedRepositoryNames' | 'librarySupport'
    >
  }
}) {
  const bundles = bundleStore(db)
  const { features, libraryNamespace } = config
  const names = {
    extended: features.extendedRepositoryNames,
    librarySupport: features.librarySupport,
    libraryNamespace,
  }

  /** Whether the id was here, and with the same content. */
  async function seenBefore({ description, manifestDigest }: OpenBundle) {
    const known = await ledgerStore(db).listManifests(description.id)
    if (known.length === 0) return 'never'
    return known.every((digest) => digest === manifestDigest) ? 'same' : 'other'
  }

  async function lastImported(keyId: string): Promise<ReadonlyMap<string, string>> {
    const last = await bundles.findLastImported(keyId)
    const content = last && (await bundles.findSet(entriesName('in', last.id)))
    if (content === undefined) return new Map()
    return new Map((await unpackJson(content)) as [string, string][])
  }

  return {
    async prepare(bundle: OpenBundle, choices: ImportChoices): Promise<Preparation> {
      const { id, stream, sequence, source } = bundle.description
      const known = await lastImported(source.instance)
      const policy = choices.policy ?? {}
      const last = stream === undefined ? undefined : await bundles.lastSequence(stream, 'in')
      const plan = await planImport(bundle, facts, {
        names,
        acceptsSparse: features.sparseIndex,
        policy,
        conflicts: {
          forAll: choices.on_conflict ?? 'take',
          allowRollback: choices.allow_rollback === true,
          single: new Map(
            choices.choices?.map(({ repository, tag, choice }) => [`${repository}:${tag}`, choice]),
          ),
        },
        suffix: stream ?? id.toLowerCase(),
        deletions: choices.deletions ?? [],
        isOlder: last !== undefined && sequence !== undefined && sequence < last,
        lastImported: known,
        mapName: createNameMap(choices.map ?? []),
      })
      const needs = await sortBlobs({ db, storage }, bundle, plan.blobs)
      const { freeBytes, totalBytes } = await storage.space()
      return {
        ...{ plan, needs, policy },
        lastImported: known,
        seen: await seenBefore(bundle),
        neededBytes: sizeOf([...needs.toBring, ...needs.waiting], plan.blobs),
        freeBytes: Math.max(0, Math.floor(freeBytes - reserveBytes(totalBytes))),
        warnings: sequenceWarnings(stream, sequence, last),
      }
    },
  }
}

/** @throws BundleFault `replayed`, `policy-refused`, `medium-full` */
export function requireAcceptable(bundle: OpenBundle, prepared: Preparation): void {
  const refusal = refusalOf(bundle, prepared)
  if (refusal !== undefined) throw refusal
}

export function refusalOf(
  bundle: OpenBundle,
  { seen, neededBytes, freeBytes, policy }: Preparation,
): BundleFault | undefined {
  const { id } = bundle.description
  if (seen === 'other') return new BundleFault('replayed', `It is called ${id}.`)
  const refused = policyRefusal(bundle, neededBytes, policy)
  if (refused !== undefined) return refused
  if (neededBytes > freeBytes) {
    const about = `${String(neededBytes)} bytes come in, ${String(freeBytes)} are free for them.`
    return new BundleFault('medium-full', about)
  }
  return undefined
}

const sizeOf = (digests: readonly Digest[], sizes: ReadonlyMap<Digest, number>) =>
  digests.reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0)

function sequenceWarnings(
  stream: string | undefined,
  sequence: number | undefined,
  last: number | undefined,
): readonly JobFact[] {
  if (stream === undefined || sequence === undefined) return []
  const fact = { volume: null, file: null }
  if (last !== undefined && sequence > last + 1) {
    return [
      {
        ...{ ...fact, code: 'sequence-skipped' },
        message: `The last bundle of ${stream} that came in was number ${String(last)}, this is ${String(sequence)}.`,
        next_step: 'Look whether a bundle in between was lost on the way.',
      },
    ]
  }
  if (last !== undefined && sequence < last) {
    return [
      {
        ...{ ...fact, code: 'sequence-older' },
        message: `Number ${String(last)} of ${stream} is here already, this is ${String(sequence)}.`,
        next_step: 'Tags move back only if you allow it.',
      },
    ]
  }
  return []
}
