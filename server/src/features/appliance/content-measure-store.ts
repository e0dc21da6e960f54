import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'

interface Page {
  readonly lastId: number
  readonly count: number
}

/** What is counted in pages by id, because a count of everything would hold all others up. */
export function contentMeasureStore(db: Db) {
  return {
    async tagsAfter(id: number, limit: number): Promise<(Page & { live: number }) | undefined> {
      const { last, count, live } = await db
        .selectFrom((e) =>
          e
            .selectFrom('tag')
            .select(['id', 'live_name'])
            .where('id', '>', id)
            .orderBy('id')
            .limit(limit)
            .as('next'),
        )
        .select((e) => [
          e.fn.max<number | null>('id').as('last'),
          e.fn.countAll<number>().as('count'),
          e.fn.count<number>('live_name').as('live'),
        ])
        .executeTakeFirstOrThrow()
      return last === null ? undefined : { lastId: last, count, live }
    },

    async blobsAfter(id: number, limit: number): Promise<(Page & { bytes: number }) | undefined> {
      const { last, count, bytes } = await db
        .selectFrom((e) =>
          e
            .selectFrom('blob')
            .select(['id', 'size_bytes'])
            .where('id', '>', id)
            .where('doomed', '=', 0)
            .orderBy('id')
            .limit(limit)
            .as('next'),
        )
        .select((e) => [
          e.fn.max<number | null>('id').as('last'),
          e.fn.countAll<number>().as('count'),
          sql<number | null>`cast(${e.fn.sum('size_bytes')} as bigint)`.as('bytes'),
        ])
        .executeTakeFirstOrThrow()
      return last === null ? undefined : { lastId: last, count, bytes: bytes ?? 0 }
    },

    /** Of a page of blobs, what no live tag leads to any more, nor anything that refers to another. */
    async restorableAfter(id: number, lastId: number): Promise<number> {
      const { bytes } = await db
        .selectFrom('blob')
        .select((e) => sql<number | null>`cast(${e.fn.sum('size_bytes')} as bigint)`.as('bytes'))
        .where('blob.id', '>', id)
        .where('blob.id', '<=', lastId)
        .where('doomed', '=', 0)
        .where((e) =>
          e.and([
            e.exists(
              e
                .selectFrom('manifest_blob')
                .select('manifest_id')
                .whereRef('manifest_blob.blob_id', '=', 'blob.id'),
            ),
            e.not(
              e.exists(
                e
                  .selectFrom('manifest_blob')
                  .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
                  .innerJoin('repository', 'repository.id', 'manifest.repository_id')
                  .select('manifest.id')
                  .whereRef('manifest_blob.blob_id', '=', 'blob.id')
                  .where('repository.state', '!=', 'MARKED_FOR_DELETION')
                  .where((m) =>
                    m.or([
                      m('manifest.subject_digest', 'is not', null),
                      m.exists(
                        m
                          .selectFrom('tag')
                          .select('tag.id')
                          .whereRef('tag.manifest_id', '=', 'manifest.id')
                          .where('tag.live_name', 'is not', null),
                      ),
                      m.exists(
                        m
                          .selectFrom('manifest_child')
                          .innerJoin('tag', 'tag.manifest_id', 'manifest_child.manifest_id')
                          .select('tag.id')
                          .whereRef('manifest_child.repository_id', '=', 'manifest.repository_id')
                          .whereRef('manifest_child.child_digest', '=', 'manifest.digest')
                          .where('tag.live_name', 'is not', null),
                      ),
                    ]),
                  ),
              ),
            ),
          ]),
        )
        .executeTakeFirstOrThrow()
      return bytes ?? 0
    },

    repositoriesAfter: (id: number, limit: number) =>
      db
        .selectFrom('repository')
        .leftJoin('quotarepositorysize', 'quotarepositorysize.id', 'repository.id')
        .select(['repository.id', 'repository.full_name as name'])
        .select('quotarepositorysize.size_bytes as bytes')
        .where('repository.id', '>', id)
        .where('repository.state', '!=', 'MARKED_FOR_DELETION')
        .orderBy('repository.id')
        .limit(limit)
        .execute(),

    organizationsAfter: (id: number, limit: number) =>
      db
        .selectFrom('user')
        .leftJoin('quotanamespacesize', 'quotanamespacesize.id', 'user.id')
        .select(['user.id', 'user.username as name'])
        .select('quotanamespacesize.size_bytes as bytes')
        .where('user.id', '>', id)
        .where('user.organization', '=', 1)
        .orderBy('user.id')
        .limit(limit)
        .execute(),

    async uploadBytes(limit: number): Promise<number> {
      const { bytes } = await db
        .selectFrom((e) =>
          e.selectFrom('blobupload').select('byte_count').limit(limit).as('uploads'),
        )
        .select((e) => sql<number | null>`cast(${e.fn.sum('byte_count')} as bigint)`.as('bytes'))
        .executeTakeFirstOrThrow()
      return bytes ?? 0
    },

    /** PostgreSQL's own number. */
    async postgresqlBytes(): Promise<number> {
      const { rows } = await sql<{ bytes: number }>`
        select pg_database_size(current_database()) as bytes`.execute(db)
      return rows[0]?.bytes ?? 0
    },
  }
}
