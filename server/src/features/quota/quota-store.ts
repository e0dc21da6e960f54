import { sql, type Generated } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { inBatches } from '../blobs/blob-store.ts'

/** What the distinct blobs take that manifests of one namespace, or repository, refer to. */
export interface QuotaSizeTable {
  /** Of the namespace, or the repository. */
  id: number
  size_bytes: Generated<number>
  /** Null until it is counted, and again once it is stale. */
  backfill_start_ms: Instant | null
  backfill_complete: Generated<number>
  /** While it is being counted: blobs up to this id are in it. */
  counted_to: Generated<number>
}

export type QuotaTable = 'quotanamespacesize' | 'quotarepositorysize'

/** What is counted apart: a namespace or a repository. */
export interface Scope {
  readonly table: QuotaTable
  readonly id: number
}

export interface CounterRow {
  readonly id: number
  readonly size_bytes: number
  readonly backfill_start_ms: Instant | null
  readonly backfill_complete: number
  readonly counted_to: number
}

export interface LinkedBlob {
  readonly id: number
  readonly size_bytes: number
  /** Whether another manifest refers to it there. */
  readonly in_namespace: number | boolean
  readonly in_repository: number | boolean
}

const linkColumn = {
  quotanamespacesize: 'namespace_user_id',
  quotarepositorysize: 'repository_id',
} as const

const counter = [
  'id',
  'size_bytes',
  'backfill_start_ms',
  'backfill_complete',
  'counted_to',
] as const

const idsAtOnce = 200

const findNamespace = prepared<{ repository: number }>()((param, db) =>
  db.selectFrom('repository').select('namespace_user_id').where('id', '=', param('repository')),
)

const listLinksOf = prepared<{ manifest: number }>()((param, db) =>
  db.selectFrom('manifest_blob').select('blob_id').where('manifest_id', '=', param('manifest')),
)

const lockCounter = (table: QuotaTable) =>
  prepared<{ id: number }>()((param, db) =>
    db
      .selectFrom(table)
      .select(counter)
      .where('id', '=', param('id'))
      .$if(hasRowLocks(db), (query) => query.forUpdate()),
  )
const lock = {
  quotanamespacesize: lockCounter('quotanamespacesize'),
  quotarepositorysize: lockCounter('quotarepositorysize'),
}

/** Queries of `quotanamespacesize` and `quotarepositorysize`. */
export function quotaStore(db: Db) {
  return {
    findNamespace: async (repositoryId: number): Promise<number | undefined> =>
      (await findNamespace(db, { repository: repositoryId }))[0]?.namespace_user_id,

    listLinksOf: async (manifestId: number): Promise<number[]> =>
      (await listLinksOf(db, { manifest: manifestId })).map((row) => row.blob_id),

    /** From here on nobody else changes the counter, and what others did to it has been committed. */
    lock: async ({ table, id }: Scope): Promise<CounterRow | undefined> =>
      (await lock[table](db, { id }))[0],

    /** Whether manifests of the scope, other than this one, refer to any blob. */
    hasOtherLinks: async ({ table, id }: Scope, manifestId: number): Promise<boolean> =>
      (await db
        .selectFrom('manifest_blob')
        .select('blob_id')
        .where(linkColumn[table], '=', id)
        .where('manifest_id', '!=', manifestId)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** A counter that waits for the backfill, or one of nothing, which needs none; unless it is there. */
    insert: ({ table, id }: Scope, startedAt: Instant | null) =>
      db
        .insertInto(table)
        .values({ id, backfill_start_ms: startedAt, backfill_complete: startedAt === null ? 0 : 1 })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute(),

    /** The blobs, and where manifests other than `manifestId` refer to them. */
    async listLinked(
      blobIds: readonly number[],
      where: { readonly namespaceId: number; readonly repositoryId: number },
      manifestId: number,
    ): Promise<LinkedBlob[]> {
      const found: LinkedBlob[] = []
      for (const some of inBatches(blobIds, idsAtOnce)) {
        const rows = await db
          .selectFrom('blob')
          .select((e) => {
            const links = e
              .selectFrom('manifest_blob')
              .select('manifest_blob.blob_id')
              .whereRef('manifest_blob.blob_id', '=', 'blob.id')
              .where('manifest_blob.manifest_id', '!=', manifestId)
            return [
              'blob.id',
              'blob.size_bytes',
              e
                .exists(links.where('manifest_blob.namespace_user_id', '=', where.namespaceId))
                .as('in_namespace'),
              e
                .exists(links.where('manifest_blob.repository_id', '=', where.repositoryId))
                .as('in_repository'),
            ]
          })
          .where('blob.id', 'in', some)
          .execute()
        found.push(...rows)
      }
      return found
    },

    add: ({ table, id }: Scope, bytes: number) =>
      db
        .updateTable(table)
        .set((e) => ({ size_bytes: e('size_bytes', '+', bytes) }))
        .where('id', '=', id)
        .execute(),

    /** Makes it stale, unless it is already. */
    async reset({ table, id }: Scope): Promise<void> {
      await db
        .updateTable(table)
        .set({ size_bytes: 0, backfill_start_ms: null, backfill_complete: 0, counted_to: 0 })
        .where('id', '=', id)
        .where('backfill_start_ms', 'is not', null)
        .execute()
    },

    list: async (table: QuotaTable, ids: readonly number[]): Promise<CounterRow[]> => {
      const rows: CounterRow[] = []
      for (const some of inBatches(ids, idsAtOnce)) {
        rows.push(...(await db.selectFrom(table).select(counter).where('id', 'in', some).execute()))
      }
      return rows
    },
  }
}

/** Queries of the backfill. */
export function quotaBackfillStore(db: Db) {
  const lastOf = async (table: 'user' | 'repository', after: number, limit: number) => {
    const { last, count } = await db
      .selectFrom(
        db
          .selectFrom(table)
          .select('id')
          .where('id', '>', after)
          .orderBy('id')
          .limit(limit)
          .as('page'),
      )
      .select((e) => [
        e.fn.max<number | null>('page.id').as('last'),
        e.fn.countAll<number>().as('count'),
      ])
      .executeTakeFirstOrThrow()
    return { last: last ?? after, count }
  }

  return {
    /** Counters for the next accounts that have none. @returns the page that was looked at. */
    async addNamespaces(after: number, limit: number) {
      const page = await lastOf('user', after, limit)
      await db
        .insertInto('quotanamespacesize')
        .columns(['id', 'backfill_start_ms'])
        .expression(
          db
            .selectFrom('user')
            .select(['id', sql<null>`cast(null as bigint)`.as('backfill_start_ms')])
            .where('id', '>', after)
            .where('id', '<=', page.last)
            .where('robot', '=', 0)
            .orderBy('id'),
        )
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
      return page
    },

    async addRepositories(after: number, limit: number) {
      const page = await lastOf('repository', after, limit)
      await db
        .insertInto('quotarepositorysize')
        .columns(['id', 'backfill_start_ms'])
        .expression(
          db
            .selectFrom('repository')
            .select(['id', sql<null>`cast(null as bigint)`.as('backfill_start_ms')])
            .where('id', '>', after)
            .where('id', '<=', page.last)
            .orderBy('id'),
        )
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
      return page
    },

    listIncomplete: async (table: QuotaTable, limit: number): Promise<number[]> => {
      const rows = await db
        .selectFrom(table)
        .select('id')
        // As it stands in the index of those that are not complete.
        .where('backfill_complete', '=', sql.lit(0))
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map((row) => row.id)
    },

    /** The next distinct blobs of a scope, added up. */
    async sumPage({ table, id }: Scope, after: number, limit: number) {
      const column = `manifest_blob.${linkColumn[table]}` as const
      const { count, bytes, last } = await db
        .selectFrom(
          db
            .selectFrom('manifest_blob')
            .innerJoin('blob', 'blob.id', 'manifest_blob.blob_id')
            .select(['manifest_blob.blob_id', 'blob.size_bytes'])
            .distinct()
            .where(column, '=', id)
            .where('manifest_blob.blob_id', '>', after)
            .orderBy('manifest_blob.blob_id')
            .limit(limit)
            .as('page'),
        )
        .select((e) => [
          e.fn.countAll<number>().as('count'),
          e.fn.sum<number | null>('page.size_bytes').as('bytes'),
          e.fn.max<number | null>('page.blob_id').as('last'),
        ])
        .executeTakeFirstOrThrow()
      return { count, bytes: bytes ?? 0, last: last ?? after }
    },

    advance: (
      { table, id }: Scope,
      by: { startedAt: Instant; bytes: number; countedTo: number; isComplete: boolean },
    ) =>
      db
        .updateTable(table)
        .set((e) => ({
          size_bytes: e('size_bytes', '+', by.bytes),
          backfill_start_ms: by.startedAt,
          backfill_complete: by.isComplete ? 1 : 0,
          counted_to: by.countedTo,
        }))
        .where('id', '=', id)
        .execute(),
  }
}
