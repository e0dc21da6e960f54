import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

import type { VolumeKeys } from '../../bundles/age/age-writer.ts'
import type {
  BundleFormat,
  BundlePlan,
  ContentSource,
  WrittenBundle,
} from '../../bundles/bundle.ts'
import { discardBundle } from '../../bundles/discard-bundle.ts'
import { printFolder } from '../../bundles/folder-print.ts'
import { whileInserted } from '../../bundles/medium.ts'
import { parseSecretKey, type SecretKey } from '../../bundles/minisign.ts'
import { parseVolumeSize } from '../../bundles/volume-size.ts'
import { writeBundle } from '../../bundles/write-bundle.ts'
import { BundleFault } from '../../bundles/bundle-fault.ts'
import { bundleContent, BundleUpstream } from '../../contract/mooring-bundle-values.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { ManifestContent } from '../manifests/manifest-content.ts'
import { bundleSetName, entriesName } from './bundle-bases.ts'
import type { JobOutcome, JobRun } from './bundle-job.ts'
import type { BundleJobRow } from './bundle-job-store.ts'
import { bundleStore, type NewBundle } from './bundle-store.ts'
import { freeBytesAt, type BundlePlaces } from './bundle-places.ts'
import { whileContentStays } from './content-hold.ts'
import { packDigests, packJson } from './digest-set.ts'
import { ledgerStore } from './ledger-store.ts'
import { formatOf, requireEncryptable } from './export-encryption.ts'
import { planFile } from './job-files.ts'
import type { KeptBundles } from './kept-bundles-service.ts'
import { createLocalSource } from './local-source.ts'
import type { UpstreamPlans } from './upstream-plan-service.ts'
import { parseRate } from './rate.ts'
import type { KeptPlan } from './request-selection.ts'
import type { SelectionProblem } from './select-content.ts'
import { fingerprintOf, type SigningKeys } from './signing-key-service.ts'
import { createSpeedometer } from './write-speed.ts'

export const ExportOptions = z.object({
  ...bundleContent,
  to: z.string().optional(),
  /** Instead: a folder of a saved selection, below which each bundle gets its own. */
  into: z.string().optional(),
  /** The saved selection, which may keep only so many of its bundles. */
  selection_id: z.string().optional(),
  format: z.enum(['directory', 'tar']).optional(),
  stream: z.string().optional(),
  encrypt: z.array(z.string()).optional(),
  compat_index: z.boolean().optional(),
  verify: z.boolean().optional(),
})

/** What of an export is not kept in the row of its job. */
const ExportSecrets = z.object({
  upstreams: z.array(BundleUpstream).optional(),
  /** A file of minisign that signs instead of the key of this registry. */
  signing_key: z.object({ text: z.string(), passphrase: z.string().optional() }).optional(),
})

export type ExportOptions = z.output<typeof ExportOptions>

/** What is kept from the first moment of an export, so that it goes on with the very same bundle. */
interface Begun {
  readonly plan: BundlePlan
  readonly path: string
  readonly format?: BundleFormat | undefined
  readonly problems?: readonly SelectionProblem[] | undefined
}

const mediaTypesOf = ({ blobs }: BundlePlan): ReadonlyMap<Digest, string> =>
  new Map(
    blobs.flatMap(({ digest, mediaType }) =>
      mediaType === undefined ? [] : [[digest, mediaType] as const],
    ),
  )

/** Writes a bundle from the content of this registry, and goes on with one that was broken off. */
export function createExportRun({
  db,
  storage,
  content,
  clock,
  random,
  signing,
  plans,
  places,
  media,
  kept,
  volumeKeys,
  folder,
  log,
}: {
  db: Db
  storage: BlobStorage
  content: ManifestContent
  clock: Clock
  random: Random
  signing: SigningKeys
  plans: UpstreamPlans
  /** Absent on the command line, whose user may write wherever the system lets them. */
  places?: BundlePlaces | undefined
  media: Pick<BundlePlaces, 'resolveMedium'>
  kept: Pick<KeptBundles, 'prune'>
  volumeKeys: (jobId: string) => VolumeKeys
  folder: string
  log: Logger
}) {
  async function begin(
    { id, meter, signal, by, secrets }: JobRun,
    options: ExportOptions,
  ): Promise<Begun> {
    const file = planFile(folder, id)
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return JSON.parse(text) as Begun
    const { upstreams = [] } = ExportSecrets.parse(secrets ?? {})
    const built = await plans.gather(options, upstreams, { meter, signal, by })
    const { volumes, problems } = built
    const target = await targetOf(options, built.plan.id)
    await requireRoom(
      target,
      volumes.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    await whileInserted(target, () => mkdir(target, { recursive: true, mode: 0o755 }))
    const plan = await numbered(built.plan, id)
    const format = formatOf(options)
    const begun = { plan, path: target, format, problems: problems.slice(0, problemsKept) }
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFileDurably(file, JSON.stringify(begun), 0o600)
    return begun
  }

  /** Two exports of one stream at the same time get different numbers. */
  async function numbered(plan: BundlePlan, jobId: string): Promise<BundlePlan> {
    const { stream, sequence } = plan
    if (stream === undefined || sequence === undefined) return plan
    return { ...plan, sequence: await bundleStore(db).claimSequence(stream, jobId, sequence) }
  }

  /** Nobody goes on with it: neither the medium nor the stream shows that it was begun. */
  async function discard({ id }: BundleJobRow): Promise<void> {
    const text = await readFile(planFile(folder, id), 'utf8').catch(() => undefined)
    if (text === undefined) return
    const { plan, path: place, format = 'directory' } = JSON.parse(text) as Begun
    if ((await bundleStore(db).find(plan.id, 'out')) !== undefined) return
    await discardBundle(place, { id: plan.id, format })
    const { stream, sequence } = plan
    if (stream === undefined || sequence === undefined) return
    await bundleStore(db).releaseSequence(stream, sequence)
  }

  async function signerOf({ secrets }: JobRun): Promise<SecretKey> {
    const { signing_key } = ExportSecrets.parse(secrets ?? {})
    if (signing_key === undefined) return signing.own()
    return parseSecretKey(signing_key.text, signing_key.passphrase)
  }

  async function targetOf({ to, into }: ExportOptions, bundleId: string): Promise<string> {
    if (into !== undefined) {
      return path.join(await media.resolveMedium(into), `bundle-${bundleId}`)
    }
    if (places === undefined) return path.resolve(to ?? `bundle-${bundleId}`)
    return to === undefined ? places.defaultTarget(bundleId) : places.resolveTarget(to)
  }

  async function record(
    run: JobRun,
    { plan, path: place }: Begun,
    written: WrittenBundle,
    selectionId: string | undefined,
  ): Promise<void> {
    const { content: carried } = written.description
    const row: NewBundle = {
      ...{ id: plan.id, direction: 'out', created_at: plan.createdAt, state: 'ready' },
      ...{ stream: plan.stream ?? null, sequence: plan.sequence ?? null },
      ...{ base_kind: plan.base.kind, base_id: plan.base.kind === 'none' ? null : plan.base.id },
      ...{ source_name: plan.source.name, source_key_id: plan.source.instance },
      ...{ manifest_digest: written.manifestDigest, job_id: run.id, path: place },
      ...{ entries: carried.entries, blobs: carried.blobs, size_bytes: carried.bytes },
      volumes: written.volumes.length,
      ...(selectionId !== undefined && {
        ...{ selection_id: selectionId, folder_print: await printFolder(place, run.signal) },
      }),
    }
    // What the other side has once this arrived: also what it had before.
    const digests = await packDigests(plan.blobs.map(({ digest }) => digest))
    const kept: KeptPlan = { entries: plan.entries, blobs: plan.blobs }
    const entries = await packJson(kept)
    await db.transaction().execute(async (tx) => {
      const store = bundleStore(tx)
      if ((await store.find(plan.id, 'out'))?.state === 'ready') return
      await store.put(row)
      const { stream, sequence } = row
      if (stream !== null && sequence !== null) await store.releaseSequence(stream, sequence)
      await store.putSet(bundleSetName(plan.id), digests)
      await store.putSet(entriesName('out', plan.id), entries)
      await ledgerStore(tx).append({
        ...{ at: clock.now(), direction: 'out', outcome: 'done', message: null },
        ...{ bundle_id: plan.id, manifest_digest: written.manifestDigest, by_name: run.byName },
        ...{ stream: row.stream, sequence: row.sequence },
        ...{ blobs: row.blobs, size_bytes: row.size_bytes },
      })
    })
  }

  /** The bundle is made, whatever becomes of those before it. */
  async function pruneAfter({ id, by }: JobRun, selectionId: string): Promise<void> {
    await kept.prune(selectionId, by).catch((error: unknown) => {
      log.warn({ err: error, job: id }, 'earlier bundles of a selection not removed')
    })
  }

  const work = async (run: JobRun): Promise<JobOutcome> => {
    const options = ExportOptions.parse(run.options)
    const recipients = requireEncryptable(options)
    const format = formatOf(options)
    const signer = await signerOf(run)
    return whileContentStays({ db, clock, random }, async (hold) => {
      const begun = await begin(run, options)
      const { plan, path: to } = begun
      await run.describe({ bundleId: plan.id, path: to })
      const source = createLocalSource({ content, storage, mediaTypes: mediaTypesOf(plan) })
      const { meter, signal } = run
      let phase = ''
      const speed = createSpeedometer(startStopwatch())
      const writing = () =>
        writeBundle({
          ...{ plan, to, signer, signal },
          source: checked(source, hold),
          verifyAfterWrite: options.verify !== false,
          ...(options.compat_index === true && { compatIndex: true }),
          ...(format !== undefined && { format }),
          ...(recipients !== undefined && {
            encryption: { recipients, keys: volumeKeys(run.id) },
          }),
          ...(options.volume_size !== undefined && {
            volumeSize: parseVolumeSize(options.volume_size),
          }),
          ...(options.rate !== undefined && { bytesPerSecond: parseRate(options.rate) }),
          onProgress({ phase: next, volume, volumes, file, bytesDone, bytesTotal }) {
            if (next !== phase) meter.enter(next, { total: bytesTotal, itemsTotal: volumes })
            phase = next
            speed.reach(phase, bytesDone)
            const current = volumes > 1 ? `${String(volume)}/${String(volumes)} ${file}` : file
            meter.reach({ done: bytesDone, total: bytesTotal, itemsDone: volume, current })
          },
        })
      const written = await whileInserted(to, writing)
      const { selection_id: selectionId } = options
      await record(run, begun, written, selectionId)
      if (selectionId !== undefined) await pruneAfter(run, selectionId)
      return {
        kind: 'done',
        result: {
          ...{ kind: 'export', bundle_id: plan.id, path: to },
          fingerprint: fingerprintOf(signer.publicKey),
          // One that was held back says nothing of the medium.
          ...(options.rate === undefined && { bytes_per_second: speed.bytesPerSecond() }),
          ...(recipients !== undefined && { recipients: [...recipients] }),
          problems: [...(begun.problems ?? [])],
          volumes: written.volumes.map(({ number, path: place, bytes }) => ({
            ...{ n: number, bytes, name: path.relative(to, place) },
          })),
        },
      }
    })
  }

  return { work, discard }
}

const problemsKept = 1_000

/** Content that may have been collected in between is not written. */
function checked(source: ContentSource, hold: { requireSafe(): void }): ContentSource {
  return {
    ...source,
    manifest: async (digest) => {
      hold.requireSafe()
      return source.manifest(digest)
    },
    openBlob: async (digest, from) => {
      hold.requireSafe()
      return source.openBlob(parseDigest(digest), from)
    },
  }
}

async function requireRoom(target: string, bytes: number): Promise<void> {
  const free = await freeBytesAt(target)
  if (free === null || free >= bytes) return
  const about = `${String(bytes)} bytes are needed, ${String(free)} are free.`
  throw new BundleFault('medium-full', about, { file: target })
}
