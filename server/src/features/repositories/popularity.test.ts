import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import { popularityOf, ratePopularity } from './popularity.ts'

const dayMs = 24 * 3_600_000
const today = 20_000
const pull = 41

test('a pull is worth half as much 15 days later', () => {
  const pulls = (day: number, count: number) => ({ repositoryId: 1, day, pulls: count })
  expect(popularityOf([], today)).toBe(0)
  expect(popularityOf([pulls(today, 8)], today)).toBe(8)
  expect(popularityOf([pulls(today - 15, 8), pulls(today - 30, 8)], today)).toBe(6)
  expect(popularityOf([pulls(today + 1, 8)], today)).toBe(8)
})

describeDatabases('the popularity of repositories', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })

  test('follows their pulls, and falls again', async () => {
    const world = createWorld(database)
    await world.accounts.createUser({ username: 'ada', password: 'lovelace-1815' }, system)
    const { db } = database
    await db
      .insertInto('repository')
      .values(
        ['web', 'api'].map((name) => ({
          ...{ namespace_user_id: 1, name, full_name: `ada/${name}` },
          ...{ visibility: 'private' as const, description: null, created_at: 0 },
        })),
      )
      .execute()
    const counted = { scope: 'repository' as const, scope_id: 1, performer_id: 0 }
    await db
      .insertInto('logentrydaily')
      .values([
        { ...counted, day: today, kind_id: pull, count: 5 },
        { ...counted, day: today, kind_id: pull + 1, count: 50 },
        { ...counted, day: today - 100, kind_id: pull, count: 500 },
      ])
      .execute()
    let now = today * dayMs
    const rate = ratePopularity({ db, clock: { now: () => now }, pullKindId: pull })
    const scores = async () => {
      const rows = await db.selectFrom('repository').select('popularity').orderBy('id').execute()
      return rows.map(({ popularity }) => popularity)
    }
    expect(await rate()).toBe('idle')
    expect(await scores()).toEqual([5, 0])
    now += 15 * dayMs
    await rate()
    expect(await scores()).toEqual([2.5, 0])
  })
})
