import { sql } from 'kysely'

import type { Database } from './open.ts'
import { migrate } from './migrate.ts'
import { columnsOf, quoted, sequenceName, type Column, type DumpLine } from './postgresql-dump.ts'
import { readSchemaLevel } from './schema-level.ts'
import { tablesAt } from './schema-tables.ts'
import type { Db } from './tables.ts'

const rowsAtOnce = 500
const charactersAtOnce = 4 * 1024 * 1024

/**
 * Makes the database what the dump says: an empty one is given the schema of the dump, one of that
 * schema loses what it holds. The content changes in one transaction, so that a load that is broken
 * off leaves what was there before, and may be repeated.
 * @throws Error when the database has another schema, or the dump was cut off.
 */
export async function loadPostgresql(
  { db, dialect }: Pick<Database, 'db' | 'dialect'>,
  lines: AsyncIterable<string>,
  { schema, signal }: { readonly schema: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const found = await readSchemaLevel({ db, dialect })
  if (found.level !== undefined && found.level !== schema && !(await isVacant(db))) {
    throw new Error(`the database has the schema ${found.level}, the backup that of ${schema}`)
  }
  if (found.level !== undefined && found.level !== schema) await dropTables(db, [found.level])
  await migrate({ db, dialect }, schema)
  const tables = await tablesAt(schema)
  await db.transaction().execute(async (tx) => {
    await sql.raw(`truncate ${tables.map(quoted).join(', ')}`).execute(tx)
    const rows = await insertAll(tx, lines, new Set(tables), signal)
    if (rows === undefined) throw new Error('the dump of the database was cut off')
  })
}

/** Whether nobody has an account in it: a schema that was made and never used. */
export async function isVacant(db: Db): Promise<boolean> {
  return (await db.selectFrom('user').select('id').limit(1).execute()).length === 0
}

/** Takes our tables away, those of each of the levels, and the record of the migrations. */
export async function dropTables(db: Db, levels: readonly string[]): Promise<void> {
  const names = new Set(['kysely_migration', 'kysely_migration_lock'])
  for (const level of levels) for (const table of await tablesAt(level)) names.add(table)
  await sql.raw(`drop table if exists ${[...names].map(quoted).join(', ')} cascade`).execute(db)
}

/** @returns how many rows; undefined when the end is missing. */
async function insertAll(
  tx: Db,
  lines: AsyncIterable<string>,
  tables: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let total = 0
  let insert: ReturnType<typeof inserter> | undefined
  for await (const text of lines) {
    signal?.throwIfAborted()
    const line = JSON.parse(text) as DumpLine
    if (isRow(line)) {
      total++
      await insert?.add(line, text.length)
      continue
    }
    await insert?.flush()
    if ('table' in line) {
      if (!tables.has(line.table)) throw new Error(`the dump names a strange table: ${line.table}`)
      insert = inserter(tx, line.table, await namedColumns(tx, line.table, line.columns))
    } else if ('sequence' in line) {
      const name = tables.has(line.sequence) ? await sequenceName(tx, line.sequence) : undefined
      if (name === undefined) continue
      const restart = `alter sequence ${name} restart with ${String(BigInt(line.next))}`
      await sql.raw(restart).execute(tx)
    } else if ('end' in line) {
      return line.end === total ? total : undefined
    }
  }
  return undefined
}

function isRow(line: DumpLine): line is readonly (string | null)[] {
  return Array.isArray(line)
}

async function namedColumns(
  tx: Db,
  table: string,
  names: readonly string[],
): Promise<readonly Column[]> {
  const known = new Map((await columnsOf(tx, table)).map((column) => [column.name, column]))
  return names.map((name) => {
    const column = known.get(name)
    if (column === undefined) throw new Error(`the dump names a strange column: ${table}.${name}`)
    return column
  })
}

/** Collects rows and inserts many at once, each column as one array. */
function inserter(tx: Db, table: string, columns: readonly Column[]) {
  let rows: (readonly (string | null)[])[] = []
  let characters = 0
  const into = columns.map(({ name }) => quoted(name)).join(', ')
  const cast = columns.map(({ type }, at) => `c${String(at)}::${type}`).join(', ')
  const names = columns.map((_, at) => `c${String(at)}`).join(', ')

  async function flush(): Promise<void> {
    if (rows.length === 0) return
    const arrays = columns.map((_, at) => sql`${rows.map((row) => row[at] ?? null)}::text[]`)
    await sql`insert into ${sql.raw(quoted(table))} (${sql.raw(into)}) select ${sql.raw(cast)}
      from unnest(${sql.join(arrays)}) as given(${sql.raw(names)})`.execute(tx)
    rows = []
    characters = 0
  }

  return {
    flush,
    async add(row: readonly (string | null)[], length: number): Promise<void> {
      rows.push(row)
      characters += length
      if (rows.length >= rowsAtOnce || characters >= charactersAtOnce) await flush()
    },
  }
}
