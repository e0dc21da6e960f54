import { expect, test } from 'vitest'

import { describeDatabases } from './database-suite.ts'
import { migrate } from './migrate.ts'
import { currentLevel, judgeLevel, readSchemaLevel } from './schema-level.ts'
import { afterTheirReferences, tablesAt } from './schema-tables.ts'

describeDatabases('the level of a schema', (open) => {
  test('is told from an empty database to the newest', async () => {
    const database = await open({ migrated: false })
    expect(await readSchemaLevel(database)).toEqual({ state: 'empty', unknown: [] })
    await migrate(database, '0001-registry')
    expect(await readSchemaLevel(database)).toMatchObject({
      state: 'older',
      level: '0001-registry',
    })
    await migrate(database)
    expect(await readSchemaLevel(database)).toMatchObject({
      state: 'current',
      level: currentLevel(),
    })
  })
})

test('a migration that this program does not know makes a database newer', () => {
  expect(judgeLevel(['0001', '0002', '9999'], ['0001', '0002', '0003'])).toEqual({
    state: 'newer',
    level: '9999',
    unknown: ['9999'],
  })
})

test('tables come after those that they refer to', async () => {
  const tables = await tablesAt('0001-registry')
  const at = (name: string) => tables.indexOf(name)
  expect(at('user')).toBeGreaterThanOrEqual(0)
  expect(at('repository')).toBeGreaterThan(at('user'))
  expect(at('manifest_blob')).toBeGreaterThan(at('manifest'))
  expect(at('manifest_blob')).toBeGreaterThan(at('blob'))
  expect(tables).not.toContain('servicekey')
  expect(await tablesAt(currentLevel())).toContain('servicekey')
})

test('tables that refer to each other in a circle are refused', () => {
  const circle = new Map([
    ['a', new Set(['b'])],
    ['b', new Set(['a'])],
  ])
  expect(() => afterTheirReferences(circle)).toThrow(/circle/)
})
