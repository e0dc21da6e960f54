import { sql, type Generated } from 'kysely'
import { preparedWrite } from '../../db/prepared.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'

export interface BlobUploadTable {
  uuid: string
  repository_id: number
  created_at: Instant
  updated_at: Instant
  byte_count: Generated<number>
  committing_digest: string | null
}

/** The last upload of a page. */
export interface UploadPosition {
  readonly updatedAt: Instant
  readonly uuid: string
}

/** Queries of `blobupload`: uploads that are under way. The bytes themselves are the storage's. */
export function uploadStore(db: Db) {
  return {
    find: (repositoryId: number, uuid: string) =>
      db
        .selectFrom('blobupload')
        .select(['uuid', 'updated_at'])
        .where('uuid', '=', uuid)
        .where('repository_id', '=', repositoryId)
        .executeTakeFirst(),

    exists: async (uuid: string) =>
      (await db
        .selectFrom('blobupload')
        .select('uuid')
        .where('uuid', '=', uuid)
        .executeTakeFirst()) !== undefined,

    /** False when the repository is gone. */
    insert: (uuid: string, repositoryId: number, now: Instant): Promise<boolean> =>
      insert(db, { uuid, repositoryId, committing: null }, now),

    /** Of an upload that was no client's until now, and is about to become a blob. */
    insertCommitting: (uuid: string, repositoryId: number, committing: Digest, now: Instant) =>
      insert(db, { uuid, repositoryId, committing }, now),

    setProgress: (uuid: string, byteCount: number, now: Instant) =>
      db
        .updateTable('blobupload')
        .set({ byte_count: byteCount, updated_at: now })
        .where('uuid', '=', uuid)
        .execute(),

    /** Says what the upload is about to become, so that a crash in between can be told apart. */
    setCommitting: (uuid: string, digest: Digest, now: Instant) =>
      db
        .updateTable('blobupload')
        .set({ committing_digest: digest, updated_at: now })
        .where('uuid', '=', uuid)
        .execute(),

    listOf: (repositoryId: number, limit: number) =>
      db
        .selectFrom('blobupload')
        .select('uuid')
        .where('repository_id', '=', repositoryId)
        .limit(limit)
        .execute(),

    /** Those of everybody, the longest untouched first. */
    page: (after: UploadPosition | undefined, limit: number) =>
      db
        .selectFrom('blobupload')
        .innerJoin('repository', 'repository.id', 'blobupload.repository_id')
        .select(['blobupload.uuid', 'repository.full_name', 'blobupload.byte_count'])
        .select(['blobupload.created_at', 'blobupload.updated_at'])
        .$if(after !== undefined, (query) =>
          query
            .where('blobupload.updated_at', '>=', after?.updatedAt ?? 0)
            .where((e) =>
              e.or([
                e('blobupload.updated_at', '>', after?.updatedAt ?? 0),
                e('blobupload.uuid', '>', after?.uuid ?? ''),
              ]),
            ),
        )
        .orderBy('blobupload.updated_at')
        .orderBy('blobupload.uuid')
        .limit(limit)
        .execute(),

    delete: (uuid: string) => deleteUpload(db, { uuid }),

    /** Those whose commit began after `committing` are left out: somebody may be at it. */
    listOlderThan: (instant: Instant, committing: Instant, limit: number) =>
      db
        .selectFrom('blobupload')
        .select(['uuid'])
        .where('updated_at', '<', instant)
        .where((e) => e.or([e('committing_digest', 'is', null), e('updated_at', '<', committing)]))
        .orderBy('updated_at')
        .limit(limit)
        .execute(),

    /** Those whose commit began before `instant`, by id. */
    listCommitting: (instant: Instant, after: string, limit: number) =>
      db
        .selectFrom('blobupload')
        .select(['uuid', 'committing_digest', 'byte_count', 'created_at', 'updated_at'])
        .where('committing_digest', 'is not', null)
        .where('updated_at', '<', instant)
        .where('uuid', '>', after)
        .orderBy('uuid')
        .limit(limit)
        .execute(),
  }
}

interface NewUpload {
  readonly uuid: string
  readonly repositoryId: number
  readonly committing: Digest | null
}

const insertUpload = preparedWrite<NewUpload & { readonly now: Instant }>()((param, db) =>
  db
    .insertInto('blobupload')
    .columns(['uuid', 'repository_id', 'created_at', 'updated_at', 'committing_digest'])
    .expression(
      db
        .selectFrom('repository')
        .select([
          sql<string>`cast(${param('uuid')} as text)`.as('uuid'),
          'id as repository_id',
          sql<number>`cast(${param('now')} as bigint)`.as('created_at'),
          sql<number>`cast(${param('now')} as bigint)`.as('updated_at'),
          sql<string | null>`cast(${param('committing')} as text)`.as('committing_digest'),
        ])
        .where('id', '=', param('repositoryId'))
        .where('state', '!=', 'MARKED_FOR_DELETION')
        .$if(hasRowLocks(db), (query) => query.forKeyShare()),
    )
    .onConflict((conflict) =>
      conflict.column('uuid').doUpdateSet((e) => ({
        repository_id: e.ref('excluded.repository_id'),
        committing_digest: param('committing'),
        updated_at: param('now'),
      })),
    ),
)

const deleteUpload = preparedWrite<{ uuid: string }>()((param, db) =>
  db.deleteFrom('blobupload').where('uuid', '=', param('uuid')),
)

const insert = async (db: Db, upload: NewUpload, now: Instant): Promise<boolean> =>
  (await insertUpload(db, { ...upload, now })) === 1
