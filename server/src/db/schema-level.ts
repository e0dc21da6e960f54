import { sql } from 'kysely'

import { migrations } from './migrations/index.ts'
import type { Database } from './open.ts'

/** How the schema of a database stands to the one that this program works with. */
export interface SchemaLevel {
  readonly state: 'empty' | 'older' | 'current' | 'newer'
  /** The last migration that was applied; absent for an empty database. */
  readonly level?: string
  /** Applied migrations that this program does not know. */
  readonly unknown: readonly string[]
}

/** The level that this program brings a database to. */
export const currentLevel = (): string => Object.keys(migrations).sort().at(-1) ?? ''

export async function readSchemaLevel({
  db,
  dialect,
}: Pick<Database, 'db' | 'dialect'>): Promise<SchemaLevel> {
  const present =
    dialect === 'sqlite'
      ? sql`select 1 from sqlite_master where name = 'kysely_migration'`
      : sql`select 1 where to_regclass('kysely_migration') is not null`
  if ((await present.execute(db)).rows.length === 0) return { state: 'empty', unknown: [] }
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return judgeLevel(
    rows.map(({ name }) => name),
    Object.keys(migrations),
  )
}

export function judgeLevel(applied: readonly string[], known: readonly string[]): SchemaLevel {
  const level = [...applied].sort().at(-1)
  if (level === undefined) return { state: 'empty', unknown: [] }
  const unknown = applied.filter((name) => !known.includes(name))
  const isComplete = known.every((name) => applied.includes(name))
  const state = unknown.length > 0 ? 'newer' : isComplete ? 'current' : 'older'
  return { state, level, unknown }
}

/** Whether this program can bring a database of that level up to date. */
export const isKnownLevel = (level: string): boolean => level in migrations
