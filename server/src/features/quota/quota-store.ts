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

/** Namespaces first: in this order they are locked, and counted. */
export const quotaTables = ['quotanamespacesize', 'quotarepositorysize'] as const
export type QuotaTable = (typeof quotaTables)[number]

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

/** Where links say to which scope they belong. */
export const linkColumn = {
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

const listLinked = prepared<{
  ids: string
  namespace: number
  repository: number
  manifest: number
}>()((param, db) =>
  db
    .selectFrom('blob')
    .select((e) => {
      const links = e
        .selectFrom('manifest_blob')
        .select('manifest_blob.blob_id')
        .whereRef('manifest_blob.blob_id', '=', 'blob.id')
        .where('manifest_blob.manifest_id', '!=', param('manifest'))
      return [
        'blob.id',
        'blob.size_bytes',
        e
          .exists(links.where('manifest_blob.namespace_user_id', '=', param('namespace')))
          .as('in_namespace'),
        e
          .exists(links.where('manifest_blob.repository_id', '=', param('repository')))
          .as('in_repository'),
      ]
    })
    .where(
      hasRowLocks(db)
        ? sql<boolean>`blob.id = any(${param('ids')}::bigint[])`
        : sql<boolean>`blob.id in (select value from json_each(${param('ids')}))`,
    ),
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
    listLinked: (
      blobIds: readonly number[],
      where: { readonly namespaceId: number; readonly repositoryId: number },
      manifestId: number,
    ): Promise<LinkedBlob[]> =>
      listLinked(db, {
        // A list is one value, so that the statement is the same for any number of blobs.
        ids: hasRowLocks(db) ? `{${blobIds.join()}}` : JSON.stringify(blobIds),
        namespace: where.namespaceId,
        repository: where.repositoryId,
        manifest: manifestId,
      }),

    // Written out, because every push runs them and the builder costs more than they do.
    add: ({ table, id }: Scope, bytes: number) =>
      sql`update ${sql.table(table)} set size_bytes = size_bytes + ${bytes} where id = ${id}`.execute(
        db,
      ),

    /** Makes the counter of a repository, or that of its namespace, stale, unless it is already. */
    async reset(table: QuotaTable, repositoryId: number): Promise<void> {
      const id =
        table === 'quotarepositorysize'
          ? sql`${repositoryId}`
          : sql`(select namespace_user_id from repository where id = ${repositoryId})`
      await sql`update ${sql.table(table)}
        set size_bytes = 0, backfill_start_ms = null, backfill_complete = 0, counted_to = 0
        where id = ${id} and backfill_start_ms is not null`.execute(db)
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
