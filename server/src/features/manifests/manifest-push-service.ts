import { createHash } from 'node:crypto'

import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { digestAlgorithm, digestHex, parseDigest, type Digest } from '../../storage/digest.ts'
import { blobStore } from '../blobs/blob-store.ts'
import type { TagPolicies } from '../immutability/tag-policies-service.ts'
import { findImageLife, recordImageLabels } from '../labels/image-label-service.ts'
import { imageLabels } from '../labels/image-labels.ts'
import { lifeOf, type ImageLife, type KeyAndValue } from '../labels/image-life.ts'
import { labelStore } from '../labels/label-store.ts'
import type { QuotaAccounting } from '../quota/quota-accounting-service.ts'
import type { TagChanges } from '../tags/tag-changes-service.ts'
import type { TagName } from '../tags/tag-name.ts'
import { tagStore } from '../tags/tag-store.ts'
import { isImageConfig, isOciMediaType } from './manifest-media-types.ts'
import type { Reference } from './manifest-reference.ts'
import { manifestStore } from './manifest-store.ts'
import { parseManifest, type ParsedManifest } from './parse-manifest.ts'
import { readConfig, type BlobReader } from './read-config.ts'

export interface Push {
  readonly repositoryId: number
  readonly reference: Reference
  /** Tags that a push by digest sets at once (`?tag=`, OCI distribution spec). */
  readonly tags: readonly TagName[]
  readonly contentType: string
  readonly bytes: Buffer
  /** Runs in the transaction of the push, so that its log entries are exactly as durable. */
  readonly record: (tx: Db, pushed: PushedTags) => Promise<void>
}

export interface PushedTags {
  readonly mediaType: string
  readonly manifestId: number
  /** Blobs that it refers to and that are not here, where that is allowed. */
  readonly missing: ParsedManifest['blobs']
  /** Tags that a policy made immutable. */
  readonly frozen: readonly TagName[]
}

export interface PushResult {
  readonly digest: Digest
  readonly mediaType: string
  readonly subject?: Digest
}

export interface PushParts {
  readonly database: Database
  readonly storage: BlobReader
  readonly clock: Clock
  readonly random: Random
  readonly tagChanges: TagChanges
  readonly tagPolicies: TagPolicies
  readonly quota: Pick<QuotaAccounting, 'findNew' | 'linked'>
  readonly acceptsOci: boolean
  /** Manifests may name content that is not here (FEATURE_SPARSE_INDEX). */
  readonly acceptsSparse: boolean
  /** How long a manifest without a tag stays. */
  readonly holdMs: number
}

const labelsAtMost = 1_000

/** Verifies and stores a manifest and points its tags at it. Durable when it returns. */
export function createManifestPush(parts: PushParts) {
  const { database, storage, clock, random, tagChanges, tagPolicies, quota } = parts
  const { acceptsSparse, holdMs } = parts

  return async (push: Push): Promise<PushResult> => {
    const parsed = parseManifest(push.bytes, push.contentType)
    if (!parts.acceptsOci && parsed.mediaType.startsWith('application/vnd.oci.')) {
      throw new Problem('manifest-media-type', { message: 'manifest schema version not supported' })
    }
    const digest = digestOf(push)
    const { repositoryId } = push
    const names = namesOf(push)
    const labels = await labelsOf(repositoryId, digest, parsed)
    const immutable = await tagPolicies.change(
      repositoryId,
      names,
      async (tx, { state, frozen }) => {
        if (state === undefined || state === 'MARKED_FOR_DELETION') {
          throw new Problem('repository-unknown', {})
        }
        const now = clock.now()
        const { manifestId, newBlobIds, missing } = await store(tx, push, parsed, digest, now)
        await recordImageLabels(tx, { repositoryId, manifestId }, labels, random)
        // Refused, but kept as if it had been pushed by its digest (registry-protocol, 11).
        const refused = await tagChanges.findImmutable(tx, repositoryId, names, now)
        const tagged = refused === undefined ? names : []
        const life =
          tagged.length === 0 ? undefined : await findLife(tx, manifestId, parsed, labels)
        for (const name of tagged) {
          const isFrozen = frozen.has(name)
          const target = { repositoryId, name, manifestId, isFrozen, ...(life && { life }) }
          await tagChanges.point(tx, target, now)
        }
        await hold(tx, repositoryId, parsed, manifestId, tagged.length > 0, now)
        await quota.linked(tx, repositoryId, manifestId, newBlobIds)
        if (refused === undefined) {
          const frozenNames = tagged.filter((name) => frozen.has(name))
          const { mediaType } = parsed
          await push.record(tx, { mediaType, manifestId, missing, frozen: frozenNames })
        }
        return refused
      },
    )
    await database.flush()
    if (immutable !== undefined) throw new Problem('tag-immutable', { tag: immutable })
    return {
      digest,
      mediaType: parsed.mediaType,
      ...(parsed.subject === undefined ? {} : { subject: parsed.subject }),
    }
  }

  /** The labels that the image brings along, of which the config blob has some. */
  async function labelsOf(repositoryId: number, digest: Digest, parsed: ParsedManifest) {
    const { db } = database
    const known = await manifestStore(db).findByDigest(repositoryId, digest)
    const recorded = known && (await labelStore(db).listFromImage(known.id, labelsAtMost))
    if (recorded !== undefined && recorded.length > 0) return recorded
    const annotations = isOciMediaType(parsed.mediaType) ? parsed.annotations : {}
    return imageLabels(await findConfig(repositoryId, parsed), annotations)
  }

  async function findConfig(repositoryId: number, parsed: ParsedManifest): Promise<unknown> {
    const { configDigest, configMediaType } = parsed
    if (configDigest === undefined || !isImageConfig(configMediaType)) return undefined
    // A digest alone gives nobody a look into another repository.
    const blobs = blobStore(database.db)
    const blob = await blobs.findVisible(repositoryId, configDigest, clock.now())
    return blob && readConfig(storage, configDigest)
  }

  async function findLife(
    tx: Db,
    manifestId: number,
    parsed: ParsedManifest,
    labels: readonly KeyAndValue[],
  ): Promise<ImageLife> {
    return parsed.children.length === 0 ? lifeOf(labels) : findImageLife(tx, manifestId)
  }

  async function store(
    tx: Db,
    { repositoryId, bytes }: Push,
    parsed: ParsedManifest,
    digest: Digest,
    now: Instant,
  ) {
    const { ids: blobIds, missing } = await requireBlobs(tx, repositoryId, parsed, now)
    await requireChildren(tx, repositoryId, parsed)
    const manifests = manifestStore(tx)
    const manifestId = await manifests.insert(
      {
        repositoryId,
        digest,
        bytes,
        mediaType: parsed.mediaType,
        configMediaType: parsed.configMediaType,
        artifactType: parsed.artifactType,
        subject: parsed.subject,
        annotations: parsed.annotations,
        layersSizeBytes: parsed.layersSizeBytes,
      },
      now,
    )
    const newBlobIds = await quota.findNew(tx, manifestId, blobIds)
    if (!(await manifests.linkBlobs(repositoryId, manifestId, blobIds))) {
      throw new Problem('manifest-blob-unknown', { message: 'A blob has just been removed' })
    }
    const children = [...new Set(parsed.children.map((child) => child.digest))]
    await manifests.linkChildren(repositoryId, manifestId, children)
    return { manifestId, newBlobIds, missing }
  }

  async function requireBlobs(tx: Db, repositoryId: number, parsed: ParsedManifest, now: Instant) {
    const blobs = blobStore(tx)
    const ids: number[] = []
    const missing: ParsedManifest['blobs'][number][] = []
    for (const { digest, sizeBytes } of parsed.blobs) {
      const blob = await blobs.findVisible(repositoryId, digest, now)
      if (blob === undefined) {
        if (acceptsSparse) {
          missing.push({ digest, sizeBytes })
          continue
        }
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
    return { ids, missing }
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
    repositoryId: number,
    parsed: ParsedManifest,
    manifestId: number,
    isTagged: boolean,
    now: Instant,
  ) {
    const forEver = parsed.subject !== undefined
    if (!forEver && isTagged) return
    const tags = tagStore(tx)
    await tags.closeHolds(manifestId, now)
    await tags.insertHold({
      ...{ repositoryId, manifestId },
      name: `$temp-${random.uuid()}`,
      start: now,
      end: forEver ? null : now + holdMs,
    })
  }
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
