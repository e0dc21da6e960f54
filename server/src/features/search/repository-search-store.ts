import { sql, SqliteAdapter, type SqlBool } from 'kysely'

import type { Db } from '../../db/tables.ts'
import { containsPattern, endOfPrefix, ftsPhrase } from './search-text.ts'

export interface FoundName {
  readonly id: number
  readonly name: string
  readonly full_name: string
  readonly popularity: number
}

type SearchedColumn = 'full_name' | 'description'

interface IdRow {
  readonly id: number
}

const ids = (rows: readonly IdRow[]) => rows.map((row) => row.id)

/** Candidates for a search among repositories. What the caller may not see is still among them. */
export function repositorySearchStore(db: Db) {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter
  const like = sql.raw(isSqlite ? 'like' : 'ilike')
  const contains = (column: SearchedColumn, text: string) =>
    sql<SqlBool>`${sql.ref(column)} ${like} ${containsPattern(text)} escape '\\'`

  return {
    listStartingWith: async (
      column: 'name' | 'full_name',
      text: string,
      limit: number,
    ): Promise<number[]> =>
      ids(
        await db
          .selectFrom('repository')
          .select('id')
          .where(column, '>=', text)
          .where(column, '<', endOfPrefix(text))
          .orderBy(column)
          .limit(limit)
          .execute(),
      ),

    /** At least three characters, through the index of three-letter pieces; by id after `after`. */
    async listContaining(
      column: SearchedColumn,
      text: string,
      { after, limit }: { readonly after: number; readonly limit: number },
    ): Promise<number[]> {
      const index = sql.table(`repository_${column}_search`)
      const query = isSqlite
        ? sql<IdRow>`
            select rowid as id from ${index}
            where ${index} match ${ftsPhrase(text)} and rowid > ${after}
            order by rowid limit ${limit}`
        : sql<IdRow>`
            select id from repository
            where ${contains(column, text)} and id > ${after}
            order by id limit ${limit}`
      return ids((await query.execute(db)).rows)
    },

    /** Those of the ids, at most a few thousand, whose name or description contains the text. */
    containingAmong: async (among: readonly number[], text: string): Promise<number[]> =>
      among.length === 0
        ? []
        : ids(
            await db
              .selectFrom('repository')
              .select('id')
              .where('id', 'in', among)
              .where((e) => e.or([contains('full_name', text), contains('description', text)]))
              .execute(),
          ),

    listNames: (among: readonly number[]): Promise<FoundName[]> =>
      among.length === 0
        ? Promise.resolve([])
        : db
            .selectFrom('repository')
            .select(['id', 'name', 'full_name', 'popularity'])
            .where('id', 'in', among)
            .execute(),
  }
}
