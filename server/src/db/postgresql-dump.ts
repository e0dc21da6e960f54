import { once } from 'node:events'
import type { Writable } from 'node:stream'

import { sql } from 'kysely'

import { tablesAt } from './schema-tables.ts'
import type { Db } from './tables.ts'

/**
 * A dump is lines of JSON: first what it is, then for each table its name and columns followed by its
 * rows as arrays of PostgreSQL's own text form (null where there is no value), then its sequence, and
 * an end with the number of rows, so that a dump that was cut off does not pass for a whole one.
 */
export type DumpLine =
  | { readonly dump: 1; readonly schema: string }
  | { readonly table: string; readonly columns: readonly string[] }
  | readonly (string | null)[]
  | { readonly sequence: string; readonly next: string }
  | { readonly end: number }

const rowsAtOnce = 500
/** Of tables with large values. */
const bigRowsAtOnce = 16

/**
 * Runs `work` on what the database was at one moment, however long it takes.
 */
export async function inSnapshot<T>(db: Db, work: (tx: Db) => Promise<T>): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(work)
}

export interface DumpOptions {
  readonly schema: string
  readonly signal?: AbortSignal | undefined
  readonly onRows?: (rows: number) => void
}

/** Writes everything at once seen through `tx` to `target`, at its pace, without ending it. */
export async function dumpPostgresql(
  tx: Db,
  target: Writable,
  { schema, signal, onRows }: DumpOptions,
): Promise<void> {
  const write = async (line: DumpLine) => {
    if (!target.write(`${JSON.stringify(line)}\n`)) await once(target, 'drain', { signal })
  }
  let rows = 0
  await write({ dump: 1, schema })
  for (const table of await tablesAt(schema)) {
    const columns = await columnsOf(tx, table)
    await write({ table, columns: columns.map(({ name }) => name) })
    for await (const page of pagesOf(tx, table, columns)) {
      signal?.throwIfAborted()
      for (const row of page) await write(row)
      rows += page.length
      onRows?.(rows)
    }
    const next = await nextOf(tx, table)
    if (next !== undefined) await write({ sequence: table, next })
  }
  await write({ end: rows })
}

export interface Column {
  readonly name: string
  readonly type: string
}

/** Columns that hold a value of their own, with their types as PostgreSQL writes them. */
export async function columnsOf(db: Db, table: string): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a
    where a.attrelid = to_regclass(${quoted(table)}) and a.attnum > 0
      and not a.attisdropped and a.attgenerated = ''
    order by a.attnum`.execute(db)
  return rows
}

async function* pagesOf(tx: Db, table: string, columns: readonly Column[]) {
  const values = columns.map(({ name }, at) => `${quoted(name)}::text as c${String(at)}`)
  const key = await primaryKeyOf(tx, table)
  const order = key.length === 0 ? '' : ` order by ${key.map(quoted).join(', ')}`
  const cursor = `declare dump no scroll cursor for select ${values.join(', ')} from ${quoted(table)}${order}`
  await sql.raw(cursor).execute(tx)
  const isBig = columns.some(({ type }) => type === 'bytea')
  const fetch = sql.raw<Record<string, string | null>>(
    `fetch ${String(isBig ? bigRowsAtOnce : rowsAtOnce)} from dump`,
  )
  for (;;) {
    const { rows } = await fetch.execute(tx)
    if (rows.length === 0) break
    yield rows.map((row) => columns.map((_, at) => row[`c${String(at)}`] ?? null))
  }
  await sql.raw('close dump').execute(tx)
}

/** Rows in the order of their ids, so that one that refers to an earlier one of its table comes after it. */
async function primaryKeyOf(db: Db, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select a.attname as name
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
    where i.indrelid = to_regclass(${quoted(table)}) and i.indisprimary
    order by array_position(i.indkey::smallint[], a.attnum)`.execute(db)
  return rows.map(({ name }) => name)
}

/** The id that the table would give out next: none is given out again, not even of a row that is gone. */
async function nextOf(tx: Db, table: string): Promise<string | undefined> {
  const name = await sequenceName(tx, table)
  if (name === undefined) return undefined
  const { rows } = await sql<{ next: string }>`
    select (last_value + is_called::int)::text as next from ${sql.raw(name)}`.execute(tx)
  return rows[0]?.next
}

/** As SQL names it; undefined for a table without an `id` of its own. */
export async function sequenceName(db: Db, table: string): Promise<string | undefined> {
  const { rows } = await sql<{ name: string | null }>`
    select pg_get_serial_sequence(${quoted(table)}, 'id') as name
    where exists (select from pg_attribute
      where attrelid = to_regclass(${quoted(table)}) and attname = 'id')`.execute(db)
  return rows[0]?.name ?? undefined
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
