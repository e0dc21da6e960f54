import { sql, type SqlBool } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { RepositoryState, Visibility } from '../repositories/repository-store.ts'
import type { Order, Position } from './list-page.ts'

/** A repository, as far as lists are sorted by it. */
export interface ListedRepository {
  readonly id: number
  readonly namespace_user_id: number
  readonly name: string
  readonly full_name: string
  readonly visibility: Visibility
  readonly state: RepositoryState
  readonly popularity: number
  readonly created_at: Instant
  /** 0 without tags. */
  readonly last_modified: Instant
}

export interface RepositoryFilter {
  readonly namespace: { readonly id: number; readonly username: string } | undefined
  readonly visibility: Visibility | undefined
  readonly state: RepositoryState | undefined
}

const columns = [
  'repository.id',
  'repository.namespace_user_id',
  'repository.name',
  'repository.full_name',
  'repository.visibility',
  'repository.state',
  'repository.popularity',
  'repository.created_at',
  'repository.last_modified',
] as const

/** As much of a description as its first line is looked for in. */
const headLength = 400

/** Repositories for lists that are sorted. Which of them somebody sees is decided before. */
export function repositoryRowStore(db: Db) {
  /** All repositories, of one namespace where it is named: a stretch of the index of full names or ages. */
  const matching = ({ namespace, visibility, state }: RepositoryFilter, byAge = false) =>
    db
      .selectFrom('repository')
      // Literal, so that the partial index of public repositories fits whatever the plan is.
      .$if(visibility === 'public', (query) =>
        query.where(sql<SqlBool>`${sql.ref('repository.visibility')} = 'public'`),
      )
      .$if(visibility === 'private', (query) => query.where('visibility', '=', 'private'))
      .$if(state !== undefined, (query) => query.where('state', '=', state ?? 'NORMAL'))
      .$if(namespace !== undefined && byAge, (query) =>
        query.where('namespace_user_id', '=', namespace?.id ?? 0),
      )
      .$if(namespace !== undefined && !byAge, (query) =>
        // `0` is the character after `/`.
        query
          .where('full_name', '>', `${namespace?.username ?? ''}/`)
          .where('full_name', '<', `${namespace?.username ?? ''}0`),
      )
      .where('state', '!=', 'MARKED_FOR_DELETION')
      // Looked up once for all rows, which the pages far behind need.
      .where('namespace_user_id', 'not in', (e) =>
        e.selectFrom('deletednamespace').select('deletednamespace.namespace_user_id'),
      )

  return {
    async count(filter: RepositoryFilter, most: number): Promise<number> {
      const { count } = await db
        .selectFrom(matching(filter).select('repository.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    pageByName: (
      filter: RepositoryFilter,
      {
        order,
        after,
        offset,
        limit,
      }: { order: Order; after: string | undefined; offset: number; limit: number },
    ): Promise<ListedRepository[]> =>
      matching(filter)
        .select(columns)
        .$if(after !== undefined, (query) =>
          query.where('full_name', order === 'asc' ? '>' : '<', after ?? ''),
        )
        .orderBy('full_name', order)
        .limit(limit)
        .offset(offset)
        .execute(),

    /** Those that were set at the same time in the order of their names, against the order of the list. */
    pageByAge(
      filter: RepositoryFilter,
      {
        order,
        after,
        offset,
        limit,
      }: { order: Order; after: Position | undefined; offset: number; limit: number },
    ): Promise<ListedRepository[]> {
      const other = order === 'asc' ? 'desc' : 'asc'
      const [from, beyond, name] =
        order === 'asc' ? (['>=', '>', '<'] as const) : (['<=', '<', '>'] as const)
      const at = Number(after?.key)
      return matching(filter, true)
        .select(columns)
        .$if(after !== undefined, (query) =>
          query
            .where('last_modified', from, at)
            .where((e) =>
              e.or([e('last_modified', beyond, at), e('full_name', name, String(after?.id))]),
            ),
        )
        .orderBy('last_modified', order)
        .orderBy('full_name', other)
        .limit(limit)
        .offset(offset)
        .execute()
    },

    listByIds: (ids: readonly number[]): Promise<ListedRepository[]> =>
      ids.length === 0
        ? Promise.resolve([])
        : db.selectFrom('repository').select(columns).where('id', 'in', ids).execute(),

    listByNames: (names: readonly string[]): Promise<ListedRepository[]> =>
      names.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('repository')
            .select(columns)
            .where('full_name', 'in', names)
            .orderBy('full_name')
            .execute(),

    /** The beginnings of descriptions. */
    async descriptions(ids: readonly number[]): Promise<Map<number, string>> {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('repository')
        .select(['id', sql<string | null>`substr(description, 1, ${headLength})`.as('head')])
        .where('id', 'in', ids)
        .execute()
      return new Map(rows.flatMap(({ id, head }) => (head === null ? [] : [[id, head]])))
    },
  }
}
