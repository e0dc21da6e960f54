import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import Sqlite from 'better-sqlite3'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { copySqlite, openSqliteCopy, sqliteDamage } from './sqlite-copy.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-copy-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function filled(rows: number) {
  const database = new Sqlite(join(folder, 'source.db'))
  database.pragma('journal_mode = wal')
  database.exec('create table entry (text text)')
  const insert = database.prepare('insert into entry values (?)')
  database.transaction(() => {
    for (let row = 0; row < rows; row++) insert.run(`entry ${String(row)}`.repeat(20))
  })()
  return { database, insert }
}

test('a copy is what was there when it began, whoever writes meanwhile', async () => {
  const { database, insert } = filled(20_000)
  const target = join(folder, 'copy.db')
  let steps = 0
  await copySqlite(join(folder, 'source.db'), target, {
    onPages: () => {
      steps++
      insert.run('written meanwhile')
    },
  })
  database.close()
  expect(steps).toBeGreaterThan(3)
  expect(sqliteDamage(target)).toBeUndefined()
  expect(statSync(target).mode & 0o777).toBe(0o600)
  const copy = openSqliteCopy(target)
  const { rows } = await sql<{ n: number }>`select count(*) as n from entry`.execute(copy.db)
  expect(rows).toEqual([{ n: 20_000 }])
  await copy.close()
})

test('a copy that is told to stop stops', async () => {
  const { database } = filled(20_000)
  const controller = new AbortController()
  const copying = copySqlite(join(folder, 'source.db'), join(folder, 'copy.db'), {
    signal: controller.signal,
    onPages: () => {
      controller.abort()
    },
  })
  await expect(copying).rejects.toThrow(/abort/i)
  database.close()
})

test('a file that is no sound database is told as damaged', () => {
  const { database } = filled(2_000)
  database.close()
  truncateSync(join(folder, 'source.db'), 40_000)
  expect(sqliteDamage(join(folder, 'source.db'))).toBeDefined()
})
