import type { Digest } from '../../storage/digest.ts'
import type { UpstreamManifest } from '../../upstream/upstream.ts'
import { isImageConfig } from '../manifests/manifest-media-types.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { readConfig, type BlobReader } from '../manifests/read-config.ts'
import { parseTagName } from '../tags/tag-name.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'
import { createBlobCopy } from './blob-copy-service.ts'
import type { BlobFetches } from './blob-fetch.ts'
import type { Copier, CopyRequest, CopyResult } from './copy.ts'
import { CopyFault } from './copy-fault.ts'
import { createCopyTask, resultOf, type CopyTask } from './copy-task.ts'
import { createLocalClosure } from './local-closure-service.ts'
import { createManifestCopy, type ManifestCopyParts } from './manifest-copy-service.ts'
import { isWanted } from './platform-filter.ts'
import { createReferrerCopy } from './referrer-copy-service.ts'
import { createTransferLanes } from './transfer-lanes.ts'

/** Copies tags from other registries. */
export function createCopier(
  parts: Omit<ManifestCopyParts, 'copyBlob'> & {
    readonly storage: BlobReader
    readonly fetches: BlobFetches
    readonly elapsed: Stopwatch
  },
): Copier {
  const { database, storage, clock, fetches } = parts
  const lanes = createTransferLanes(parts)
  const copyBlob = createBlobCopy({ fetches, lanes })
  const manifests = createManifestCopy({ ...parts, copyBlob })
  const referrers = createReferrerCopy({ database, clock, manifests })
  const closure = createLocalClosure(parts)
  const known = manifestStore(database.db)

  /** A single image of a platform that nobody asked for; its config alone tells. */
  async function isForeign(task: CopyTask, manifest: UpstreamManifest): Promise<boolean> {
    const { platforms = [] } = task.request
    if (platforms.length === 0) return false
    const { blobs, configDigest, configMediaType } = manifests.parse(manifest)
    const config = blobs.find(({ digest }) => digest === configDigest)
    if (config === undefined || !isImageConfig(configMediaType)) return false
    await copyBlob(task, config)
    const {
      os = 'linux',
      architecture,
      variant,
    } = platformOf(await readConfig(storage, config.digest))
    return architecture !== undefined && !isWanted({ os, architecture, variant }, platforms)
  }

  /** Undefined when the tag, or something below it, has to be copied; else what is below it. */
  async function findUnchanged(
    { repositoryId, tag, platforms = [] }: CopyRequest,
    digest: Digest,
  ): Promise<readonly Digest[] | undefined> {
    const current = await known.findByTag(repositoryId, tag, clock.now())
    if (current?.digest !== digest) return undefined
    return closure.find(repositoryId, digest, platforms)
  }

  /** Of content that is here: what has been attached to it since, as far as that may cost something. */
  async function refresh(task: CopyTask, digest: Digest, below: readonly Digest[]) {
    const { repositoryId, withReferrers = true, refreshReferrers = false } = task.request
    const { knownTags } = task.request
    if (withReferrers) {
      const lacks =
        refreshReferrers ||
        (knownTags && (await referrers.lacksCompanion(repositoryId, below, knownTags)))
      if (refreshReferrers) await referrers.copyReferrers(task, below)
      if (lacks === true) await referrers.copyCompanions(task, below)
    }
    return resultOf(task, { digest, changed: task.tally.referrers > 0, skipped: false })
  }

  async function copyAll(task: CopyTask, manifest: UpstreamManifest): Promise<CopyResult> {
    const { request } = task
    const { digest } = manifest
    if (await isForeign(task, manifest)) {
      return resultOf(task, { digest, changed: false, skipped: true })
    }
    await request.verify?.(digest, request.signal)
    await manifests.gather(task, manifest, request.platforms ?? [])
    if (request.withReferrers !== false) {
      const below = [digest, ...task.manifests.keys()]
      await referrers.copyReferrers(task, below)
      await referrers.copyCompanions(task, below)
    }
    const current = await known.findByTag(request.repositoryId, request.tag, clock.now())
    const moves = current?.digest !== digest
    await manifests.store(task, manifest, moves ? [parseTagName(request.tag)] : [])
    return resultOf(task, { digest, changed: true, skipped: false })
  }

  async function copyTag(request: CopyRequest): Promise<CopyResult> {
    const { upstream, source, tag, signal } = request
    const task = createCopyTask(request)
    const head = await upstream.headManifest(tag, signal)
    if (head === undefined) throw new CopyFault('not-found', `${source} has no tag ${tag}`)
    const announced = head.digest && (await findUnchanged(request, head.digest))
    if (head.digest && announced) return refresh(task, head.digest, announced)
    const manifest = await manifests.read(task, head.digest ?? tag, head.digest)
    const below =
      head.digest === undefined ? await findUnchanged(request, manifest.digest) : undefined
    return below ? refresh(task, manifest.digest, below) : copyAll(task, manifest)
  }

  return {
    async copyTag(request) {
      request.signal.throwIfAborted()
      request.meter?.tagBegun(request.tag)
      try {
        return await copyTag(request)
      } finally {
        request.meter?.tagEnded(request.tag)
      }
    },

    observer: (source) => (event) => {
      if (event.kind === 'rate-limited' || event.kind === 'retry') lanes.slowDown(source)
    },
  }
}

function platformOf(config: unknown): { os?: string; architecture?: string; variant?: string } {
  if (typeof config !== 'object' || config === null) return {}
  const text = (key: string): Record<string, string> => {
    const value: unknown = Reflect.get(config, key)
    return typeof value === 'string' ? { [key]: value } : {}
  }
  return { ...text('os'), ...text('architecture'), ...text('variant') }
}
