import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { isProblem, messageOf } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { UpstreamManifest } from '../../upstream/upstream.ts'
import { bareMediaType, isManifestMediaType } from '../manifests/manifest-media-types.ts'
import type { Push, PushResult } from '../manifests/manifest-push-service.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import {
  parseManifest,
  type ChildDescriptor,
  type ParsedManifest,
} from '../manifests/parse-manifest.ts'
import type { TagName } from '../tags/tag-name.ts'
import { eachAtOnce } from '../../work/at-once.ts'
import type { BlobCopy } from './blob-copy-service.ts'
import { CopyFault } from './copy-fault.ts'
import type { CopyTask } from './copy-task.ts'
import { chooseChildren, type IndexLimits } from './platform-filter.ts'

const childrenAtOnce = 4
const blobsAtOnce = 12

export interface ManifestCopyParts {
  readonly database: Database
  readonly clock: Clock
  readonly copyBlob: BlobCopy
  readonly push: (push: Push) => Promise<PushResult>
  /** FEATURE_SPARSE_INDEX */
  readonly acceptsSparse: boolean
  readonly indexLimits: IndexLimits
  /** How long blobs and manifests stay that nothing refers to yet. */
  readonly holdMs: number
}

export type ManifestCopy = ReturnType<typeof createManifestCopy>

/** Copies manifests with all that they refer to: what is below first, so that nothing dangles. */
export function createManifestCopy(parts: ManifestCopyParts) {
  const { database, clock, copyBlob, push, acceptsSparse, indexLimits, holdMs } = parts
  const manifests = manifestStore(database.db)

  async function findHere(repositoryId: number, digest: Digest) {
    const row = await manifests.findByDigest(repositoryId, digest)
    const bytes = row && (await manifests.readContent(digest))
    return bytes && { digest, bytes, mediaType: row.media_type }
  }

  /** From the repository when it has it: content does not change under its digest. */
  async function read(
    { request }: CopyTask,
    reference: string,
    digest?: Digest,
  ): Promise<UpstreamManifest> {
    const { upstream, repositoryId, signal } = request
    const here = digest && (await findHere(repositoryId, digest))
    return here ?? upstream.getManifest(reference, signal)
  }

  /** Long enough for what came first to have run out: it is held once more. */
  const mayHaveRunOut = (since: Instant) => clock.now() - since > holdMs / 2

  async function gatherBlobs(task: CopyTask, { blobs }: ParsedManifest): Promise<void> {
    const begun = clock.now()
    const gather = () => eachAtOnce(blobs, blobsAtOnce, (blob) => copyBlob(task, blob))
    await gather()
    if (mayHaveRunOut(begun)) await gather()
  }

  async function gatherChildren(
    task: CopyTask,
    index: UpstreamManifest,
    { children }: ParsedManifest,
    platforms: readonly string[],
  ): Promise<void> {
    const chosen =
      platforms.length === 0 ? undefined : chooseChildren(index.bytes, platforms, indexLimits)
    if (chosen?.isSparse === true && !acceptsSparse) {
      throw new CopyFault(
        'sparse-index-off',
        'Copying only some platforms of an image needs FEATURE_SPARSE_INDEX to be on',
      )
    }
    const wanted = new Set<string>(chosen?.digests ?? children.map(({ digest }) => digest))
    const listed = children.filter(({ digest }) => wanted.has(digest))
    const begun = clock.now()
    const copyChild = (child: ChildDescriptor) =>
      copy({ ...task, ...platformOf(child) }, child.digest, platforms)
    await eachAtOnce(listed, childrenAtOnce, copyChild)
    if (!mayHaveRunOut(begun)) return
    for (const child of listed) {
      task.manifests.delete(child.digest)
      await copyChild(child)
    }
  }

  /** Everything that a manifest refers to is here when this returns. */
  async function gather(
    task: CopyTask,
    manifest: UpstreamManifest,
    platforms: readonly string[],
  ): Promise<void> {
    const parsed = parse(manifest)
    if (parsed.children.length > 0) await gatherChildren(task, manifest, parsed, platforms)
    await gatherBlobs(task, parsed)
  }

  async function store(
    { request }: CopyTask,
    { digest, bytes, mediaType }: UpstreamManifest,
    tags: readonly TagName[],
  ): Promise<void> {
    await push({
      repositoryId: request.repositoryId,
      reference: { kind: 'digest', digest },
      tags,
      contentType: contentTypeOf(mediaType),
      bytes,
      async record(tx, { mediaType, frozen }) {
        for (const tag of tags) {
          const isFrozen = frozen.includes(tag)
          await request.record(tx, { tag, digest, mediaType, isFrozen })
        }
      },
    })
  }

  /** Each manifest once, however often it is referred to. */
  function copy(task: CopyTask, digest: Digest, platforms: readonly string[]): Promise<void> {
    const known = task.manifests.get(digest)
    if (known !== undefined) return known
    const copying = (async () => {
      const manifest = await read(task, digest, digest)
      await gather(task, manifest, platforms)
      await store(task, manifest, [])
    })()
    task.manifests.set(digest, copying)
    return copying
  }

  return { read, gather, store, copy, parse }
}

function platformOf({ platform }: ChildDescriptor): Pick<CopyTask, 'platform'> {
  if (platform === undefined) return {}
  const { os, architecture, variant } = platform
  return { platform: [os, architecture, ...(variant ? [variant] : [])].join('/') }
}

/** @throws CopyFault */
function parse({ bytes, mediaType }: UpstreamManifest): ParsedManifest {
  try {
    return parseManifest(bytes, contentTypeOf(mediaType))
  } catch (error) {
    if (!isProblem(error)) throw error
    const type = error.detail['mediaType'] ?? mediaType
    if (
      typeof type === 'string' &&
      type.startsWith('application/vnd.docker.distribution.manifest.v1+')
    ) {
      throw new CopyFault(
        'schema-1',
        'The image is of Docker image manifest version 2, schema 1, which is not supported. Push it anew with a current client.',
        { cause: error },
      )
    }
    throw new CopyFault('manifest-invalid', messageOf(error, error.code), { cause: error })
  }
}

/** Some registries call every document JSON, or worse; then it has to say itself what it is. */
function contentTypeOf(mediaType: string): string {
  const bare = bareMediaType(mediaType)
  return isManifestMediaType(bare) || bare.includes('manifest.v1+') ? bare : ''
}
