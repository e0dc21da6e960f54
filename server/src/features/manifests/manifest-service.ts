import { createHash } from 'node:crypto'
import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { digestAlgorithm, digestHex, parseDigest, type Digest } from '../../storage/digest.ts'
import { blobStore } from '../blobs/blob-store.ts'
import type { TagName } from '../tags/tag-name.ts'
import { endCompanions, endTag, pointTag } from '../tags/tag-service.ts'
import { tagStore } from '../tags/tag-store.ts'
import type { ManifestContent } from './manifest-content.ts'
import type { Reference } from './manifest-reference.ts'
import { manifestStore, type ManifestRow } from './manifest-store.ts'
import { parseManifest, type ParsedManifest } from './parse-manifest.ts'

export type ManifestService = ReturnType<typeof createManifestService>

export interface Push {
  readonly repositoryId: number
  readonly reference: Reference
  /** Tags that a push by digest sets at once (`?tag=`, OCI distribution spec). */
  readonly tags: readonly TagName[]
  readonly contentType: string
  readonly bytes: Buffer
  /** Runs in the transaction of the push, so that its log entry is exactly as durable. */
  readonly record: (tx: Db, mediaType: string) => Promise<void>
}

export interface PushResult {
  readonly digest: Digest
  readonly mediaType: string
  readonly subject?: Digest
}

export function createManifestService({
  database,
  content,
  clock,
  random,
  acceptsOci,
  acceptsSparse,
  holdMs,
}: {
  database: Database
  content: ManifestContent
  clock: Clock
  random: Random
  acceptsOci: boolean
  /** Manifests may name content that is not here (FEATURE_SPARSE_INDEX). */
  acceptsSparse: boolean
  /** How long a manifest without a tag stays. */
  holdMs: number
}) {
  const manifests = manifestStore(database.db)
  const tags = tagStore(database.db)

  return {
    /** @throws Problem `manifest-unknown`, or `tag-expired` when the tag was there once. */
    async require(repositoryId: number, reference: Reference): Promise<ManifestRow> {
      const now = clock.now()
      if (reference.kind === 'tag') {
        const manifest = await manifests.findByTag(repositoryId, reference.tag, now)
        if (manifest !== undefined) return manifest
        const once = await tags.hasHistory(repositoryId, reference.tag)
        throw new Problem(once ? 'tag-expired' : 'manifest-unknown', { tag: reference.tag })
      }
      const manifest = await manifests.findByDigest(repositoryId, reference.digest)
      if (manifest === undefined || !(await manifests.isAlive(repositoryId, manifest.id, now))) {
        throw new Problem('manifest-unknown', { digest: reference.digest })
      }
      return manifest
    },

    read: (manifest: ManifestRow): Promise<Buffer> => content.read(manifest.digest),

    /** Verifies and stores a manifest and points its tags at it. Durable when it returns. */
    async push(push: Push): Promise<PushResult> {
      const parsed = parseManifest(push.bytes, push.contentType)
      if (!acceptsOci && parsed.mediaType.startsWith('application/vnd.oci.')) {
        throw new Problem('manifest-media-type', {
          message: 'manifest schema version not supported',
        })
      }
      const digest = digestOf(push)
      await database.db.transaction().execute(async (tx) => {
        const now = clock.now()
        const { repositoryId } = push
        const state = await tagStore(tx).lockRepository(repositoryId)
        if (state === undefined || state === 'MARKED_FOR_DELETION') {
          throw new Problem('repository-unknown', {})
        }
        const blobIds = await requireBlobs(tx, repositoryId, parsed, now)
        await requireChildren(tx, repositoryId, parsed)
        const store = manifestStore(tx)
        const manifestId = await store.insert(
          {
            repositoryId,
            digest,
            bytes: push.bytes,
            mediaType: parsed.mediaType,
            configMediaType: parsed.configMediaType,
            artifactType: parsed.artifactType,
            subject: parsed.subject,
            annotations: parsed.annotations,
            layersSizeBytes: parsed.layersSizeBytes,
          },
          now,
        )
        if (!(await store.linkBlobs(repositoryId, manifestId, blobIds))) {
          throw new Problem('manifest-blob-unknown', { message: 'A blob has just been removed' })
        }
        const children = [...new Set(parsed.children.map((child) => child.digest))]
        await store.linkChildren(repositoryId, manifestId, children)
        for (const name of namesOf(push)) {
          await pointTag(tx, { repositoryId, name, manifestId }, now)
        }
        await hold(tx, push, parsed, manifestId, now)
        await push.record(tx, parsed.mediaType)
      })
      await database.flush()
      return {
        digest,
        mediaType: parsed.mediaType,
        ...(parsed.subject === undefined ? {} : { subject: parsed.subject }),
      }
    },

    /**
     * Ends a tag, or every tag on a digest; history keeps them until the time machine's window is
     * over. Immutable tags refuse it, and then nothing is deleted. Durable when it returns.
     */
    async delete(
      repositoryId: number,
      reference: Reference,
      record: (tx: Db, tags: readonly string[]) => Promise<void>,
    ): Promise<void> {
      await database.db.transaction().execute(async (tx) => {
        const now = clock.now()
        await tagStore(tx).lockRepository(repositoryId)
        if (reference.kind === 'tag') {
          await endTag(tx, repositoryId, reference.tag, now)
          await record(tx, [reference.tag])
        } else {
          await record(tx, await deleteByDigest(tx, repositoryId, reference.digest, now))
        }
      })
      await database.flush()
    },

    /** The linux/amd64 manifest of an index, for clients that do not know indexes. */
    async findDefaultPlatform(repositoryId: number, index: ManifestRow) {
      const { children } = parseManifest(await content.read(index.digest), index.media_type)
      const child = children.find(
        ({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64',
      )
      return child && manifests.findByDigest(repositoryId, child.digest)
    },
  }

  async function requireBlobs(tx: Db, repositoryId: number, parsed: ParsedManifest, now: Instant) {
    const blobs = blobStore(tx)
    const ids: number[] = []
    for (const { digest, sizeBytes } of parsed.blobs) {
      const blob = await blobs.findVisible(repositoryId, digest, now)
      if (blob === undefined) {
        if (acceptsSparse) continue
        throw new Problem('manifest-blob-unknown', {
          message: `Unknown blob \`${digest}\``,
          digest,
        })
      }
      if (blob.size_bytes !== sizeBytes) {
        throw new Problem('manifest-invalid', {
          message: `invalid layer size: ${digest} has ${String(blob.size_bytes)} bytes, not ${String(sizeBytes)}`,
        })
      }
      ids.push(blob.id)
    }
    return ids
  }

  async function requireChildren(tx: Db, repositoryId: number, parsed: ParsedManifest) {
    if (acceptsSparse || parsed.children.length === 0) return
    const digests = parsed.children.map((child) => child.digest)
    const present = await manifestStore(tx).listPresent(repositoryId, digests)
    const missing = digests.find((digest) => !present.has(digest))
    if (missing === undefined) return
    throw new Problem('manifest-child-unknown', {
      message: `Could not find child manifest with digest \`${missing}\``,
      digest: missing,
    })
  }

  /** A manifest without a tag stays for a while; one with a subject stays until it is deleted. */
  async function hold(
    tx: Db,
    push: Push,
    parsed: ParsedManifest,
    manifestId: number,
    now: Instant,
  ) {
    const forEver = parsed.subject !== undefined
    if (!forEver && namesOf(push).length > 0) return
    await tagStore(tx).closeHolds(manifestId, now)
    await tagStore(tx).insertHold({
      repositoryId: push.repositoryId,
      name: `$temp-${random.uuid()}`,
      manifestId,
      start: now,
      end: forEver ? null : now + holdMs,
    })
  }
}

async function deleteByDigest(tx: Db, repositoryId: number, digest: Digest, now: Instant) {
  const store = manifestStore(tx)
  const tags = tagStore(tx)
  const manifest = await store.findByDigest(repositoryId, digest)
  if (manifest === undefined || !(await store.isAlive(repositoryId, manifest.id, now))) {
    throw new Problem('manifest-unknown', { digest })
  }
  const live = await tags.listLiveOf(manifest.id, now)
  const immutable = live.find((tag) => tag.immutable === 1)
  if (immutable !== undefined) throw new Problem('tag-immutable', { tag: immutable.name })
  for (const tag of live) await tags.close(tag.id, now)
  await tags.closeHolds(manifest.id, now)
  await endCompanions(tx, repositoryId, manifest.id, now)
  return live.map((tag) => tag.name)
}

function namesOf({ reference, tags }: Push): readonly TagName[] {
  return reference.kind === 'tag' ? [...new Set([reference.tag, ...tags])] : [...new Set(tags)]
}

/** The digest under which the manifest is known: the one that was pushed, else its sha256. */
function digestOf({ reference, bytes }: Push): Digest {
  const algorithm = reference.kind === 'digest' ? digestAlgorithm(reference.digest) : 'sha256'
  const hex = createHash(algorithm).update(bytes).digest('hex')
  if (reference.kind === 'digest' && hex !== digestHex(reference.digest)) {
    throw new Problem('digest-mismatch', {
      message: 'manifest digest mismatch',
      digest: reference.digest,
    })
  }
  return parseDigest(`${algorithm}:${hex}`)
}
