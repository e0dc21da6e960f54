import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'

import { sql } from 'kysely'
import pino from 'pino'
import { expect } from 'vitest'

import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { cacheSmallBlobs } from '../../storage/blob-cache.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import { openDiskStorage } from '../../storage/disk-storage.ts'
import { accountStore } from '../accounts/account-store.ts'
import { createAuditLog, system } from '../audit/audit-log.ts'
import { createBlobService } from '../blobs/blob-service.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { createManifestContent } from '../manifests/manifest-content.ts'
import { mediaTypes } from '../manifests/manifest-media-types.ts'
import { createManifestService } from '../manifests/manifest-service.ts'
import type { QuotaAccounting } from '../quota/quota-accounting-service.ts'
import { quotaFor } from '../quota/quota-suite.ts'
import { createRepositoryService } from '../repositories/repository-service.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { createTagChanges } from '../tags/tag-changes-service.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { tagRulesFor } from '../tags/tag-rules-suite.ts'
import { createCollector } from './collector.ts'
import { planCollection } from './collection-plan.ts'
import type { CollectionPlan } from './collection-plan.ts'
import type { CollectorParts } from './collector-parts.ts'
import type { Tally } from './tally.ts'
import { createUploadService } from '../uploads/upload-service.ts'

export const second = 1_000
/** How long holds and uploads protect what no tag names. */
export const holdMs = 50 * second

export const digestOf = (bytes: Buffer): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)

export interface Blob {
  readonly digest: Digest
  readonly bytes: Buffer
}

export const blobOf = (text: string): Blob => {
  const bytes = Buffer.from(text)
  return { bytes, digest: digestOf(bytes) }
}

export interface Manifest extends Blob {
  readonly mediaType: string
  readonly blobs: readonly Digest[]
  readonly children: readonly Digest[]
  readonly subject: Digest | undefined
}

export interface ManifestParts {
  readonly blobs?: readonly Blob[]
  readonly children?: readonly Manifest[]
  readonly subject?: Manifest | undefined
  readonly variant?: number
}

const descriptor = ({ digest, bytes }: Blob, mediaType = 'application/octet-stream') => ({
  mediaType,
  digest,
  size: bytes.length,
})

/** An index when it has children, else an image. */
export function manifestOf({
  blobs = [],
  children,
  subject,
  variant = 0,
}: ManifestParts): Manifest {
  const mediaType = children === undefined ? mediaTypes.ociManifest : mediaTypes.ociIndex
  const [config, ...layers] = blobs
  const content =
    children === undefined
      ? {
          config: descriptor(config ?? blobOf('config')),
          layers: layers.map((layer) => descriptor(layer)),
        }
      : { manifests: children.map((child) => descriptor(child, child.mediaType)) }
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      ...content,
      ...(subject && { subject: descriptor(subject, subject.mediaType) }),
      annotations: { variant: String(variant) },
    }),
  )
  return {
    bytes,
    digest: digestOf(bytes),
    mediaType,
    blobs: [...new Set(blobs.map((blob) => blob.digest))],
    children: [...new Set((children ?? []).map((child) => child.digest))],
    subject: subject?.digest,
  }
}

export type GcWorld = Awaited<ReturnType<typeof createGcWorld>>

/** The registry's services on a real database and disk, with a clock that only the test moves. */
export async function createGcWorld(database: Database, folder: string) {
  let now = 1_800_000_000_000
  const clock = { now: () => now }
  const random = systemRandom
  const log = pino({ level: 'silent' })
  const disk = await openDiskStorage({ path: folder, clock, logger: log })
  const storage = cacheSmallBlobs(disk, { totalBytes: 1 << 20, blobBytes: 1 << 16 })
  const content = createManifestContent(database.db)
  const { db } = database
  const uploads = createUploadService({
    ...{ database, storage, clock, random },
    maximumLayerBytes: 1 << 20,
    linkLifeMs: holdMs,
  })
  const blobs = createBlobService({ database, storage, clock, linkLifeMs: holdMs })
  const { tagPolicies } = tagRulesFor(database)
  const timeMachine = {
    permanentlyDeleteTags: false,
    resetChildManifestExpiration: false,
    labeledMinimumMs: 0,
    labeledMaximumMs: 0,
  }
  const tagChanges = createTagChanges({
    config: { timeMachine, features: { immutableTags: true, immutableTagsCanExpire: false } },
  })
  const counting = quotaFor(clock, { quotaManagement: true })
  const notCounting = quotaFor(clock)
  let keepsSizes = true
  const quota: Pick<QuotaAccounting, 'findNew' | 'linked' | 'removed'> = {
    findNew: (...args) => (keepsSizes ? counting : notCounting).findNew(...args),
    linked: (...args) => (keepsSizes ? counting : notCounting).linked(...args),
    removed: (...args) => (keepsSizes ? counting : notCounting).removed(...args),
  }
  const manifests = createManifestService({
    ...{ database, content, storage, clock, random, holdMs, tagChanges, tagPolicies, quota },
    acceptsOci: true,
    acceptsSparse: false,
  })
  const logRules = {
    logins: false,
    loginFailures: false,
    pushFailures: false,
    pullFailures: false,
    deleteFailures: false,
    disabledNamespaces: [],
    pullsDisabledNamespaces: [],
  }
  const audit = createAuditLog({
    ...{ db, clock, logger: log },
    config: { registryState: 'readonly', audit: logRules },
  })
  const features = { publicCatalog: false, anonymousAccess: true, superusersFullAccess: false }
  const repositories = createRepositoryService({ db, clock, random, audit, config: { features } })

  const config: CollectorParts['config'] = {
    features: {
      garbageCollection: true,
      repositoryGarbageCollection: true,
      namespaceGarbageCollection: true,
      immutableTagsCanExpire: false,
    },
    tagExpirationOptionsMs: [0],
    defaultTagExpirationMs: 0,
  }

  function newTally() {
    const freed = { tags: 0, manifests: 0, blobs: 0, bytes: 0, repositories: 0, namespaces: 0 }
    const tally: Tally = {
      rows(table, count) {
        if (table === 'Tag') freed.tags += count
        if (table === 'Manifest') freed.manifests += count
      },
      blobRemoved(sizeBytes) {
        freed.blobs++
        freed.bytes += sizeBytes
      },
      repositoryCollected: () => undefined,
      repositoryPurged() {
        freed.repositories++
      },
      namespacePurged() {
        freed.namespaces++
      },
    }
    return { freed, tally }
  }

  return {
    ...{ database, db, disk, storage, uploads, blobs, manifests, repositories, clock, config },
    ...{ random, log, tagChanges },
    now: () => now,
    resetChildHolds: (isOn: boolean): void => {
      timeMachine.resetChildManifestExpiration = isOn
    },
    advance: (ms: number) => void (now += ms),

    /** FEATURE_QUOTA_MANAGEMENT */
    keepSizes: (isOn: boolean) => void (keepsSizes = isOn),

    async namespace(username: string, windowMs: number) {
      const account = await accountStore(db).insert({
        kind: 'organization',
        uuid: random.uuid(),
        username,
        email: null,
        passwordHash: null,
        removedTagExpirationMs: windowMs,
        createdAt: now,
      })
      if (!account) throw new Error(`${username} is there already`)
      return account
    },

    async repository(namespace: { id: number; username: string }, name: string) {
      const repository = await repositoryStore(db).insert({
        namespaceId: namespace.id,
        name,
        fullName: `${namespace.username}/${name}`,
        visibility: 'private',
        description: null,
        createdAt: now,
      })
      if (!repository) throw new Error(`${name} is there already`)
      return repository
    },

    deleteRepository: async (fullName: string) =>
      repositories.delete(await repositories.get(fullName), system),

    upload: ({ bytes, digest }: Blob, repositoryId: number) =>
      uploads.store(repositoryId, digest, Readable.from([bytes]), new AbortController().signal),

    isVisible: async (digest: Digest, repositoryId: number) =>
      (await blobStore(db).findVisible(repositoryId, digest, now)) !== undefined,

    push: (
      { bytes, digest, mediaType }: Manifest,
      repositoryId: number,
      tag?: string,
      record: () => Promise<void> = () => Promise.resolve(),
    ) =>
      manifests.push({
        repositoryId,
        reference:
          tag === undefined ? { kind: 'digest', digest } : { kind: 'tag', tag: parseTagName(tag) },
        tags: [],
        contentType: mediaType,
        bytes,
        record,
      }),

    collector(parts: Partial<CollectorParts> = {}) {
      const { freed, tally } = newTally()
      const lease = { isSafe: () => true, takeInheritance: () => false }
      const collector = createCollector({
        ...{ database, storage, clock, lease, tally, quota, log, config },
        ...parts,
      })
      return { ...collector, freed }
    },

    plan: (): Promise<CollectionPlan> => planCollection({ database, clock, config }),

    /** Hex digests of the blobs on disk. */
    onDisk: (): string[] => {
      const root = join(folder, 'sha256')
      return readdirSync(root)
        .flatMap((prefix) => readdirSync(join(root, prefix)))
        .sort()
    },

    read: (digest: Digest): Buffer => {
      const hex = digest.slice('sha256:'.length)
      return readFileSync(join(folder, 'sha256', hex.slice(0, 2), hex))
    },

    /** Until somebody waits for a lock. On SQLite whoever comes second waits as soon as it has begun. */
    async untilBlocked() {
      if (database.dialect === 'sqlite') return
      await expect
        .poll(
          async () => {
            const { rows } = await sql`
            select 1 from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
            return rows.length
          },
          { interval: 5 },
        )
        .toBe(1)
    },

    async close() {
      await audit.close()
      await storage.close()
    },
  }
}
