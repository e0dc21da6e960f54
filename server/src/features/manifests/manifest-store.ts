import { sql, type Generated } from 'kysely'
import { prepared } from '../../db/prepared.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import { inBatches } from '../blobs/blob-store.ts'

export interface ManifestTable {
  id: Generated<number>
  repository_id: number
  digest: string
  media_type: string
  size_bytes: number
  config_media_type: string | null
  artifact_type: string | null
  subject_digest: string | null
  annotations_json: string | null
  layers_size: number | null
  created_at: Instant
}

/** The bytes as pushed, kept once for all repositories. */
export interface ManifestContentTable {
  digest: string
  bytes: Uint8Array
}

export interface ManifestBlobTable {
  manifest_id: number
  blob_id: number
  repository_id: number
  /** Of the repository, which never changes it. */
  namespace_user_id: Generated<number>
  /** 1 once a client took the blob out of the repository while only deleted manifests referred to it. */
  unlinked: Generated<number>
}

/** Children by digest, not by id, so that an index may name manifests that are not there. */
export interface ManifestChildTable {
  manifest_id: number
  child_digest: string
  repository_id: number
}

export interface ManifestRow {
  readonly id: number
  readonly digest: string
  readonly media_type: string
  readonly size_bytes: number
}

export interface ManifestDetails extends ManifestRow {
  readonly config_media_type: string | null
  readonly layers_size: number | null
}

const columns = [
  'manifest.id',
  'manifest.digest',
  'manifest.media_type',
  'manifest.size_bytes',
] as const

export interface NewManifest {
  readonly repositoryId: number
  readonly digest: Digest
  readonly mediaType: string
  readonly bytes: Buffer
  readonly configMediaType: string | undefined
  readonly artifactType: string | undefined
  readonly subject: Digest | undefined
  readonly annotations: Readonly<Record<string, string>>
  readonly layersSizeBytes: number
}

const findByTag = prepared<{ repository: number; tag: string; now: Instant }>()((param, db) =>
  db
    .selectFrom('tag')
    .innerJoin('manifest', 'manifest.id', 'tag.manifest_id')
    .select(columns)
    .where('tag.repository_id', '=', param('repository'))
    .where('tag.live_name', '=', param('tag'))
    .where((eb) =>
      eb.or([eb('tag.lifetime_end_ms', 'is', null), eb('tag.lifetime_end_ms', '>', param('now'))]),
    ),
)

const findByDigest = prepared<{ repository: number; digest: string }>()((param, db) =>
  db
    .selectFrom('manifest')
    .select(columns)
    .where('repository_id', '=', param('repository'))
    .where('digest', '=', param('digest')),
)

const findLiveTag = prepared<{ manifest: number; now: Instant }>()((param, db) =>
  db
    .selectFrom('tag')
    .select('id')
    .where('manifest_id', '=', param('manifest'))
    .where((eb) =>
      eb.or([eb('lifetime_end_ms', 'is', null), eb('lifetime_end_ms', '>', param('now'))]),
    )
    .limit(sql.lit(1)),
)

const findParents = prepared<{ repository: number; manifest: number }>()((param, db) =>
  db
    .selectFrom('manifest as child')
    .innerJoin('manifest_child', (join) =>
      join
        .onRef('manifest_child.child_digest', '=', 'child.digest')
        .onRef('manifest_child.repository_id', '=', 'child.repository_id'),
    )
    .select('manifest_child.manifest_id')
    .where('child.id', '=', param('manifest'))
    .where('child.repository_id', '=', param('repository')),
)

/** Queries of the manifests of a repository, their content and their edges to blobs and children. */
export function manifestStore(db: Db) {
  return {
    findByTag: async (
      repositoryId: number,
      tag: string,
      now: Instant,
    ): Promise<ManifestRow | undefined> =>
      (await findByTag(db, { repository: repositoryId, tag, now }))[0],

    findByDigest: async (repositoryId: number, digest: Digest): Promise<ManifestRow | undefined> =>
      (await findByDigest(db, { repository: repositoryId, digest }))[0],

    findDetails: (repositoryId: number, digest: Digest): Promise<ManifestDetails | undefined> =>
      db
        .selectFrom('manifest')
        .select([...columns, 'manifest.config_media_type', 'manifest.layers_size'])
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest)
        .executeTakeFirst(),

    /** A manifest that a live tag, a hold, or a live index above it keeps. */
    async isAlive(repositoryId: number, manifestId: number, now: Instant): Promise<boolean> {
      const seen = new Set([manifestId])
      for (const manifest of seen) {
        if ((await findLiveTag(db, { manifest, now })).length > 0) return true
        const parents = await findParents(db, { repository: repositoryId, manifest })
        for (const parent of parents) seen.add(parent.manifest_id)
      }
      return false
    },

    /** Manifests that refer to a blob of the repository, newest first. */
    listHolding: (repositoryId: number, blobId: number) =>
      db
        .selectFrom('manifest_blob')
        .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
        .select(['manifest.id', 'manifest.digest'])
        .where('manifest_blob.repository_id', '=', repositoryId)
        .where('manifest_blob.blob_id', '=', blobId)
        .orderBy('manifest.id', 'desc')
        .execute(),

    readContent: async (digest: string): Promise<Buffer | undefined> => {
      const row = await db
        .selectFrom('manifest_content')
        .select('bytes')
        .where('digest', '=', digest)
        .executeTakeFirst()
      return row && Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength)
    },

    listPresent: async (repositoryId: number, digests: readonly Digest[]): Promise<Set<string>> => {
      const present = new Set<string>()
      for (const some of inBatches(digests, 500)) {
        const rows = await db
          .selectFrom('manifest')
          .select('digest')
          .where('repository_id', '=', repositoryId)
          .where('digest', 'in', some)
          .execute()
        for (const row of rows) present.add(row.digest)
      }
      return present
    },

    /** Blobs of the manifest that are here. */
    countBlobs: async (manifestId: number): Promise<number> => {
      const { count } = await db
        .selectFrom('manifest_blob')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('manifest_id', '=', manifestId)
        .where('unlinked', '=', 0)
        .executeTakeFirstOrThrow()
      return count
    },

    /** Records a manifest and its edges; safe to repeat, also for content that is there already. */
    async insert(manifest: NewManifest, now: Instant): Promise<number> {
      await keepContent(db, manifest)
      await db
        .insertInto('manifest')
        .values({
          repository_id: manifest.repositoryId,
          digest: manifest.digest,
          media_type: manifest.mediaType,
          size_bytes: manifest.bytes.length,
          config_media_type: manifest.configMediaType ?? null,
          artifact_type: manifest.artifactType ?? null,
          subject_digest: manifest.subject ?? null,
          annotations_json: JSON.stringify(manifest.annotations),
          layers_size: manifest.layersSizeBytes,
          created_at: now,
        })
        .onConflict((conflict) => conflict.columns(['repository_id', 'digest']).doNothing())
        .execute()
      const row = await db
        .selectFrom('manifest')
        .select('id')
        .where('repository_id', '=', manifest.repositoryId)
        .where('digest', '=', manifest.digest)
        .executeTakeFirstOrThrow()
      return row.id
    },

    /** False when one of the blobs is being removed; then nothing of it may be kept. */
    async linkBlobs(
      repositoryId: number,
      manifestId: number,
      blobIds: readonly number[],
    ): Promise<boolean> {
      for (const some of inBatches([...new Set(blobIds)], 200)) {
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('manifest_blob')
          .columns(['manifest_id', 'blob_id', 'repository_id', 'namespace_user_id', 'unlinked'])
          .expression(
            db
              .selectFrom('blob')
              .select((e) => [
                sql<number>`cast(${manifestId} as bigint)`.as('manifest_id'),
                'id as blob_id',
                sql<number>`cast(${repositoryId} as bigint)`.as('repository_id'),
                e
                  .selectFrom('repository')
                  .select('repository.namespace_user_id')
                  .where('repository.id', '=', repositoryId)
                  .$asScalar()
                  .$notNull()
                  .as('namespace_user_id'),
                sql.lit(0).as('unlinked'),
              ])
              .where('id', 'in', some)
              .where('doomed', '=', 0)
              .$if(hasRowLocks(db), (query) => query.forKeyShare()),
          )
          .onConflict((conflict) =>
            conflict.columns(['manifest_id', 'blob_id']).doUpdateSet({ unlinked: 0 }),
          )
          .executeTakeFirstOrThrow()
        if (Number(numInsertedOrUpdatedRows ?? 0) !== some.length) return false
      }
      return true
    },

    async linkChildren(repositoryId: number, manifestId: number, digests: readonly Digest[]) {
      for (const some of inBatches(digests, 200)) {
        await db
          .insertInto('manifest_child')
          .values(
            some.map((digest) => ({
              manifest_id: manifestId,
              child_digest: digest,
              repository_id: repositoryId,
            })),
          )
          .onConflict((conflict) => conflict.columns(['manifest_id', 'child_digest']).doNothing())
          .execute()
      }
    },

    /** Live manifests whose subject is `subject`, by digest: one page of the referrers list. */
    listReferrers: (query: {
      repositoryId: number
      subject: Digest
      artifactType: string | undefined
      after: string
      limit: number
      now: Instant
    }) =>
      db
        .selectFrom('manifest')
        .select([...columns, 'manifest.artifact_type', 'manifest.annotations_json'])
        .where('repository_id', '=', query.repositoryId)
        .where('subject_digest', '=', query.subject)
        .where('digest', '>', query.after)
        .$if(query.artifactType !== undefined, (q) =>
          q.where('artifact_type', '=', query.artifactType ?? ''),
        )
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('tag')
              .select(sql.lit(1).as('one'))
              .whereRef('tag.manifest_id', '=', 'manifest.id')
              .where((tag) =>
                tag.or([
                  tag('tag.lifetime_end_ms', 'is', null),
                  tag('tag.lifetime_end_ms', '>', query.now),
                ]),
              ),
          ),
        )
        .orderBy('digest')
        .limit(query.limit)
        .execute(),
  }
}

/**
 * Stores the bytes and holds on to them until the transaction ends: the sweep may be taking the same
 * content away, because another repository gave up its last manifest of that digest.
 */
async function keepContent(db: Db, { digest, bytes }: NewManifest): Promise<void> {
  for (;;) {
    await db
      .insertInto('manifest_content')
      .values({ digest, bytes })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute()
    const kept = await db
      .selectFrom('manifest_content')
      .select('digest')
      .where('digest', '=', digest)
      .$if(hasRowLocks(db), (query) => query.forKeyShare())
      .executeTakeFirst()
    if (kept !== undefined) return
  }
}
