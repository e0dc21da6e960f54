import { z } from 'zod'

import { BundleFault } from '../../bundles/bundle-fault.ts'
import { readRequest, requestText } from '../../bundles/bundle-request.ts'
import type { OpenBundle } from '../../bundles/bundle.ts'
import { BundleSource, importChoices } from '../../contract/mooring-bundle-values.ts'
import { entriesName } from './bundle-bases.ts'
import type { JobOutcome, JobRun } from './bundle-job.ts'
import type { BundleSources } from './bundle-sources.ts'
import { bundleStore, type BundleState, type NewBundle } from './bundle-store.ts'
import { whileContentStays } from './content-hold.ts'
import { packJson } from './digest-set.ts'
import { bringBlobs, type BlobImport } from './import-blobs.ts'
import type { ContentImport } from './import-content.ts'
import { isTaken, type ImportFacts, type ImportPlan } from './import-plan.ts'
import { changesOf, type Afterwards } from './import-changes.ts'
import { chosenDeletions } from './import-deletions.ts'
import {
  requireAcceptable,
  type ImportPreparation,
  type Preparation,
} from './import-preparation.ts'
import { ReadSecrets } from './job-secrets.ts'
import { ledgerStore } from './ledger-store.ts'
import { pinStore } from './pin-store.ts'
import { receiptStore } from './receipt-store.ts'
import type { SigningKeys } from './signing-key-service.ts'

export const ImportOptions = z.object({
  source: BundleSource,
  /** Several, on the command line. */
  paths: z.array(z.string()).optional(),
  ...importChoices,
  link: z.boolean().optional(),
  dry_run: z.boolean().optional(),
  wait_for_volumes: z.boolean().optional(),
})

/** Brings a bundle in: blobs, then manifests, and tags last; nothing shows before all of it is here. */
export function createImportRun({
  sources,
  preparation,
  content,
  facts,
  signing,
  ...parts
}: BlobImport & {
  readonly sources: BundleSources
  readonly preparation: ImportPreparation
  readonly content: ContentImport
  readonly facts: ImportFacts
  readonly signing: SigningKeys
}) {
  const { database, clock } = parts
  const { db } = database

  function rowOf(run: JobRun, bundle: OpenBundle, path: string, state: BundleState): NewBundle {
    const { id, stream, sequence, base, source, content: carried } = bundle.description
    return {
      ...{ id, direction: 'in', created_at: clock.now(), state, job_id: run.id, path },
      ...{ stream: stream ?? null, sequence: sequence ?? null },
      ...{ base_kind: base.kind, base_id: base.kind === 'none' ? null : base.id },
      ...{ source_name: source.name, source_key_id: source.instance },
      ...{ manifest_digest: bundle.manifestDigest, volumes: bundle.volumes.total },
      ...{ entries: carried.entries, blobs: carried.blobs, size_bytes: carried.bytes },
    }
  }

  /** The last word on a bundle: how it stands, and the line in the ledger. */
  async function conclude(
    row: NewBundle,
    run: JobRun,
    outcome: 'done' | 'incomplete' | 'refused',
    message: string | null,
    also: (tx: typeof db) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    await db.transaction().execute(async (tx) => {
      // One that was refused changes nothing about what is here under its id.
      if (outcome !== 'refused') await bundleStore(tx).put(row)
      await ledgerStore(tx).append({
        ...{ at: clock.now(), direction: 'in', outcome, message, by_name: run.byName },
        ...{ bundle_id: row.id, manifest_digest: row.manifest_digest ?? '' },
        ...{ stream: row.stream, sequence: row.sequence },
        ...{ blobs: row.blobs, size_bytes: row.size_bytes },
      })
      await also(tx)
    })
    await database.flush()
  }

  async function bring(
    run: JobRun,
    bundle: OpenBundle,
    prepared: Preparation,
    mayLink: boolean,
  ): Promise<void> {
    const { meter, signal } = run
    meter.enter('content', {
      total: prepared.neededBytes,
      itemsTotal: prepared.needs.toBring.length,
    })
    await bringBlobs(parts, bundle, prepared.needs, {
      mayLink,
      onBytes: (bytes) => {
        meter.add(bytes)
      },
      onBlob: (digest) => {
        meter.finished(digest)
      },
      signal,
    })
  }

  async function moveIn(run: JobRun, bundle: OpenBundle, plan: ImportPlan): Promise<Afterwards> {
    const { meter, signal, by } = run
    const kept = new Map<string, ReadonlySet<string>>()
    meter.enter('images', { itemsTotal: plan.repositories.length })
    for (const repository of plan.repositories) {
      signal.throwIfAborted()
      kept.set(repository.fullName, await content.bring(repository, bundle, facts, by, signal))
      meter.finished(repository.fullName)
    }
    const spared = new Set<string>()
    for (const { row, tags } of chosenDeletions(plan.deletions)) {
      signal.throwIfAborted()
      for (const reference of await content.endTags(row, tags, by)) spared.add(reference)
    }
    return { kept, spared }
  }

  /** What the next import compares with: also of tags that stayed as they were, or were renamed. */
  const tagsOf = ({ plan, lastImported }: Preparation): [string, string][] => {
    const known = new Map(lastImported)
    for (const { name, entries } of plan.repositories) {
      for (const { tag, entry } of entries.filter(isTaken)) {
        if (tag !== undefined && name !== undefined) {
          known.set(`${name.fullName}:${tag}`, entry.digest)
        }
      }
    }
    for (const { what, fullName, tag } of plan.deletions) {
      if (what === 'deleted' || what === 'absent') known.delete(`${fullName}:${tag}`)
    }
    return [...known]
  }

  /** The job had come to its end, and broke off before it could say so. */
  async function isConcluded(run: JobRun, id: string): Promise<boolean> {
    const row = await bundleStore(db).find(id, 'in')
    return row?.state === 'imported' && row.job_id === run.id
  }

  /** Requests that this bundle has answered. */
  async function forgetRequests(): Promise<void> {
    const receipts = receiptStore(db)
    for (const { bundle_id } of await receipts.listRequests()) {
      const request = await receipts.findRequest(bundle_id)
      if (request === undefined) continue
      const { digests } = readRequest(request.document)
      const here = await pinStore(db).findBlobs(digests)
      if (here.size < digests.length) continue
      await receipts.removeRequest(bundle_id)
      await bundleStore(db).setState(bundle_id, 'in', { state: 'imported' })
    }
  }

  async function work(run: JobRun, paths: readonly string[], bundle: OpenBundle) {
    const options = ImportOptions.parse(run.options)
    run.meter.enter('checking')
    const prepared = await preparation.prepare(bundle, options)
    const { plan, needs, warnings } = prepared
    const path = paths.join(', ')
    const { id } = bundle.description
    const isDry = options.dry_run === true
    await run.describe({ bundleId: id, path })
    const result = (changes = changesOf(plan, needs)): JobOutcome => ({
      kind: 'done',
      result: {
        ...{ kind: 'import', bundle_id: id, dry_run: isDry, changes },
        ...{ warnings: [...warnings], missing: needs.missing.length },
        ...(options.map !== undefined && options.map.length > 0 && { map: options.map }),
      },
    })
    try {
      requireAcceptable(bundle, prepared)
    } catch (error) {
      if (!isDry && error instanceof BundleFault && prepared.seen !== 'same') {
        await conclude(rowOf(run, bundle, path, 'failed'), run, 'refused', error.code)
      }
      throw error
    }
    const isWaiting = needs.waiting.length > 0
    if (isWaiting && options.wait_for_volumes !== true) {
      throw new BundleFault('volume-missing', '', { volume: needs.volumesMissing[0] })
    }
    if (isDry) return result()
    if (await isConcluded(run, id)) {
      await forgetRequests()
      return result()
    }
    await bundleStore(db).put(rowOf(run, bundle, path, 'importing'))
    await bring(run, bundle, prepared, options.link === true)
    if (isWaiting) return { kind: 'waiting', volumes: needs.volumesMissing } satisfies JobOutcome
    if (needs.missing.length > 0) {
      await lacking(run, bundle, path, prepared)
      return result()
    }
    await sources.requireStillTrusted(bundle)
    const afterwards = await moveIn(run, bundle, plan)
    const entries = await packJson(tagsOf(prepared))
    await conclude(rowOf(run, bundle, path, 'imported'), run, 'done', null, async (tx) => {
      await bundleStore(tx).putSet(entriesName('in', id), entries)
      await pinStore(tx).unpin(id)
      await receiptStore(tx).removeRequest(id)
    })
    await forgetRequests()
    return result(changesOf(plan, needs, afterwards))
  }

  /** The base is not here: what came stays for a while, and a request says what is needed. */
  async function lacking(
    run: JobRun,
    bundle: OpenBundle,
    path: string,
    { plan, needs }: Preparation,
  ): Promise<void> {
    const { id } = bundle.description
    const sizes = needs.missing.map((digest) => plan.blobs.get(digest) ?? 0)
    const { publicKey } = await signing.own()
    const instance = publicKey.keyId
    const document = requestText({ bundle: id, instance, digests: needs.missing })
    const message = `${String(needs.missing.length)} blobs of the base are missing`
    const row = rowOf(run, bundle, path, 'incomplete')
    await conclude(row, run, 'incomplete', message, async (tx) => {
      await receiptStore(tx).putRequest({
        ...{ bundle_id: id, created_at: clock.now(), missing: needs.missing.length, document },
        size_bytes: sizes.reduce((sum, size) => sum + size, 0),
      })
    })
  }

  return async (run: JobRun): Promise<JobOutcome> => {
    const options = ImportOptions.parse(run.options)
    const paths = options.paths ?? (await sources.pathsOf(options.source))
    run.meter.enter('checking')
    const { identity } = ReadSecrets.parse(run.secrets ?? {})
    await using bundle = await sources.open(paths, { identity, signal: run.signal })
    return await whileContentStays({ db, clock, random: parts.random }, () =>
      work(run, paths, bundle),
    )
  }
}
