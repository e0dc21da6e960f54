import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { auditStore, type NewLogEntry } from './audit-store.ts'
import { dayMs } from './log-day.ts'
import { rollUpLogs, settled, sumUp } from './log-rollup.ts'
import { logStore } from './log-store.ts'

const today = 20_000
const now = today * dayMs + 3_600_000

const entry = (more: Partial<NewLogEntry> = {}): NewLogEntry => ({
  kind_id: 41,
  account_id: 3,
  performer_id: 7,
  repository_id: 5,
  datetime: now - 60_000,
  ip: null,
  ...more,
})

describeDatabases('the daily sums of the action log', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })

  const write = (...entries: NewLogEntry[]) => auditStore(database.db).insert(entries)
  const rollUp = () => rollUpLogs({ db: database.db, clock: { now: () => now } })()
  const count = (more: object = {}, from = today, to = today) =>
    logStore(database.db).countByDay({ scope: 'all', scopeId: 0, ...more }, from, to)
  const sums = () => database.db.selectFrom('logentrydaily').selectAll().execute()

  test('say the same before, while and after entries are added up', async () => {
    await write(entry(), entry({ kind_id: 42 }), entry({ datetime: now - dayMs }))
    const expected = [
      { day: today - 1, kind_id: 41, count: 1 },
      { day: today, kind_id: 41, count: 1 },
      { day: today, kind_id: 42, count: 1 },
    ]
    expect(await count({}, today - 1)).toEqual(expected)
    await rollUp()
    expect(await count({}, today - 1)).toEqual(expected)
    await write(entry({ kind_id: 42 }))
    expected[2] = { day: today, kind_id: 42, count: 2 }
    expect(await count({}, today - 1)).toEqual(expected)
    await rollUp()
    await rollUp()
    expect(await count({}, today - 1)).toEqual(expected)
  })

  test('tell namespaces, repositories and performers apart', async () => {
    await write(
      entry(),
      entry({ account_id: 4, repository_id: 6 }),
      entry({ performer_id: null }),
      entry({ account_id: null, repository_id: null, performer_id: 8 }),
    )
    const look = async () => ({
      all: (await count())[0]?.count,
      mine: (await count({ performerId: 7 }))[0]?.count,
      namespace: (await count({ scope: 'namespace', scopeId: 3 }))[0]?.count,
      mineThere: (await count({ scope: 'namespace', scopeId: 3, performerId: 7 }))[0]?.count,
      repository: (await count({ scope: 'repository', scopeId: 5 }))[0]?.count,
      nobody: (await count({ performerId: 99 }))[0]?.count,
      without: (await count({ without: [41] }))[0]?.count,
    })
    const expected = {
      ...{ all: 4, mine: 2, namespace: 2, mineThere: 1, repository: 2 },
      ...{ nobody: undefined, without: undefined },
    }
    expect(await look()).toEqual(expected)
    await rollUp()
    expect(await sums()).not.toEqual([])
    expect(await look()).toEqual(expected)
  })

  test('leave young entries for later, because older ones may still appear before them', async () => {
    await write(entry(), entry({ datetime: now - 1_000 }), entry())
    await rollUp()
    expect(await sums()).toHaveLength(5)
    expect((await sums()).every((sum) => sum.count === 1)).toBe(true)
    expect((await count())[0]?.count).toBe(3)
  })

  test('go on in batches until nothing is left', async () => {
    for (let batch = 0; batch < 3; batch++) {
      await write(...Array.from({ length: 400 }, () => entry()))
    }
    expect(await rollUp()).toBe('more')
    expect(await rollUp()).toBe('idle')
    expect((await sums()).map((sum) => sum.count)).toEqual([1200, 1200, 1200, 1200, 1200])
  })

  test('count once what two servers add up at the same time', async () => {
    await write(entry(), entry())
    await Promise.all([rollUp(), rollUp()])
    expect((await count())[0]?.count).toBe(2)
  })
})

test('an entry from before the clock was set back holds nothing up', () => {
  const rows = [now + 3_600_000, now - 60_000, now - 1].map((datetime, id) => ({
    ...{ id, kind_id: 41, account_id: 1, performer_id: 1, repository_id: 1 },
    datetime,
  }))
  expect(settled(rows, now).map(({ id }) => id)).toEqual([0, 1])
})

test('an entry of nobody about nothing counts for everything only', () => {
  const row = { id: 1, kind_id: 2, account_id: null, performer_id: null, repository_id: null }
  expect(sumUp([{ ...row, datetime: now }])).toEqual([
    { scope: 'all', scope_id: 0, performer_id: 0, day: today, kind_id: 2, count: 1 },
  ])
})
