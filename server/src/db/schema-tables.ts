import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'

import { migrate } from './migrate.ts'
import type { Tables } from './tables.ts'

/**
 * The tables that the schema has at a level, sorted so that each comes after those it refers to.
 * Read off a database in memory, because the migrations are the only place that knows.
 */
export async function tablesAt(level: string): Promise<readonly string[]> {
  const memory = new Sqlite(':memory:')
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: memory }) })
  try {
    await migrate({ db, dialect: 'sqlite' }, level)
    const { rows } = await sql<{ name: string; target: string | null }>`
      select t.name as name, f."table" as target
      from pragma_table_list t left join pragma_foreign_key_list(t.name) f
      where t.type = 'table' and t.schema = 'main'
        and t.name not like 'sqlite\\_%' escape '\\' and t.name not like 'kysely\\_%' escape '\\'
      order by t.name`.execute(db)
    const references = new Map<string, Set<string>>()
    for (const { name, target } of rows) {
      const targets = references.get(name) ?? new Set()
      references.set(name, targets)
      if (target !== null && target !== name) targets.add(target)
    }
    return afterTheirReferences(references)
  } finally {
    await db.destroy()
  }
}

/** @throws Error when tables refer to each other in a circle. */
export function afterTheirReferences(
  references: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const sorted = new Set<string>()
  while (sorted.size < references.size) {
    const ready = [...references].filter(
      ([name, targets]) => !sorted.has(name) && [...targets].every((target) => sorted.has(target)),
    )
    if (ready.length === 0) throw new Error('tables refer to each other in a circle')
    for (const [name] of ready) sorted.add(name)
  }
  return [...sorted]
}
