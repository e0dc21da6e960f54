import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import Sqlite from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { migrate } from './migrate.ts'
import { openDatabase, type Database } from './open.ts'
import { withStatementCache } from './statement-cache.ts'

let folder: string
let database: Database
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-sqlite-'))
  database = await openDatabase({ kind: 'sqlite', file: join(folder, 'deep', 'mooring.db') })
})
afterEach(async () => {
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

test('opens with the settings that safety and speed rest on', async () => {
  const pragma = async (name: string) =>
    Object.values(
      (await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(database.db)).rows[0] ??
        {},
    )[0]
  expect(await pragma('journal_mode')).toBe('wal')
  expect(await pragma('synchronous')).toBe(1)
  expect(await pragma('foreign_keys')).toBe(1)
  expect(await pragma('temp_store')).toBe(2)
  expect(await pragma('busy_timeout')).toBe(5000)
})

test('keeps the database and its companions to its owner', () => {
  for (const name of ['mooring.db', 'mooring.db-wal']) {
    expect(statSync(join(folder, 'deep', name)).mode & 0o777).toBe(0o600)
  }
})

test('a transaction that reads first can still write after another process has written', async () => {
  await migrate(database)
  const other = new Sqlite(join(folder, 'deep', 'mooring.db'), { timeout: 0 })
  try {
    await database.db.transaction().execute(async (tx) => {
      await tx.selectFrom('blob').selectAll().execute()
      expect(() =>
        other.exec("insert into blob (digest, size_bytes, created_at) values ('x', 1, 1)"),
      ).toThrow('locked')
      await tx.insertInto('blob').values({ digest: 'y', size_bytes: 1, created_at: 1 }).execute()
    })
  } finally {
    other.close()
  }
  expect(await database.db.selectFrom('blob').select('digest').execute()).toEqual([{ digest: 'y' }])
})

test('a full database says so, although SQLite has rolled back by itself', async () => {
  await migrate(database)
  await sql`pragma max_page_count = 70`.execute(database.db)
  const filling = database.db.transaction().execute(async (tx) => {
    for (let row = 0; row < 100; row++) {
      await tx
        .insertInto('manifest_content')
        .values({ digest: String(row), bytes: Buffer.alloc(65_536) })
        .execute()
    }
  })
  await expect(filling).rejects.toMatchObject({ code: 'SQLITE_FULL' })
  expect(await database.db.selectFrom('manifest_content').select('digest').execute()).toEqual([])
})

test('prepares a statement once, forgets the oldest, and all of them when the schema changes', () => {
  const raw = new Sqlite(':memory:')
  const prepares: string[] = []
  const counting = new Proxy(raw, {
    get: (target, key) =>
      key === 'prepare'
        ? (text: string) => {
            prepares.push(text)
            return target.prepare(text)
          }
        : (Reflect.get(target, key) as unknown),
  })
  const cached = withStatementCache(counting, 2)
  const run = (text: string) => cached.prepare(text)
  run('select 1')
  run('select 1')
  expect(prepares).toEqual(['select 1'])
  run('select 2')
  run('select 3')
  run('select 1')
  expect(prepares).toEqual(['select 1', 'select 2', 'select 3', 'select 1'])
  run('create table t (a)').run()
  run('select 1')
  expect(prepares.at(-1)).toBe('select 1')
  expect(prepares).toHaveLength(6)
  raw.close()
})
