import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-background-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const program = (file: string) => `
  const { openDatabase } = await import(${JSON.stringify(new URL('open.ts', import.meta.url).href)})
  const database = await openDatabase({ kind: 'sqlite', file: ${JSON.stringify(file)} })
  await database.db.schema.createTable('notes').addColumn('text', 'text').execute()
  await database.bulkInsert('insert into notes (text) values (?)', [['a'], ['b']])
  const { rows } = await database.db.executeQuery({ sql: 'select text from notes', parameters: [], query: { kind: 'RawNode' } })
  await database.close()
  console.log(rows.length, 'rows, closed')
`

test('rows that are under way when the database closes are written, and then it ends', async () => {
  const file = join(folder, 'notes.db')
  const text = program(file)
    .replace('await database.bulkInsert', 'const written = database.bulkInsert')
    .replace(/ +const \{ rows \}.*\n/, '')
    .replace('console.log(rows.length', 'await written; console.log(2')
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    text,
  ])
  expect(stdout).toBe('2 rows, closed\n')
})

test('a process that has nothing else to do waits for its thread, and then ends', async () => {
  const args = ['--input-type=module', '--eval', program(join(folder, 'notes.db'))]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(stdout).toBe('2 rows, closed\n')
})
