import { beforeEach, expect, test } from 'vitest'

import { Secret } from '../../config/config.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { accountStore } from '../accounts/account-store.ts'
import { createPageTokens } from '../api/page-token-service.ts'
import { auditStore, type NewLogEntry } from './audit-store.ts'
import { logKindId } from './log-kinds.ts'
import { rollUpLogs } from './log-rollup.ts'
import { createLogService, parseSpan, type LogPlace, type LogQuery } from './log-service.ts'
import { formatLogDay, parseLogDay } from './log-day.ts'

// Tuesday, 4 January 2022, 20:45:26 UTC
const now = Date.UTC(2022, 0, 4, 20, 45, 26)
const hourMs = 3_600_000

describeDatabases('reading the action log', (open) => {
  let database: Database
  let ada: number
  beforeEach(async () => {
    database = await open()
    ada = await account('ada')
  })

  async function account(username: string): Promise<number> {
    const row = await accountStore(database.db).insert({
      kind: 'user',
      uuid: username,
      username,
      email: null,
      passwordHash: null,
      removedTagExpirationMs: 0,
      createdAt: now,
    })
    return row?.id ?? 0
  }

  const service = (maxPage?: number) => {
    const clock = { now: () => now }
    const secretKey = new Secret('a secret for pages')
    return createLogService({
      db: database.db,
      clock,
      pageTokens: createPageTokens({ config: { secretKey }, clock, random: systemRandom }),
      config: {
        logs: {
          ...(maxPage !== undefined && { maxPage }),
          ...{ exportLifeMs: 1, allowWithoutStrict: false, allowPullsWithoutStrict: false },
        },
      },
    })
  }

  const write = (...entries: Partial<NewLogEntry>[]) =>
    auditStore(database.db).insert(
      entries.map((entry) => ({
        ...{ kind_id: 41, account_id: ada, performer_id: ada, repository_id: 5 },
        ...{ datetime: now - hourMs, ip: '192.0.2.7', metadata_json: '{"tag":"v1"}' },
        ...entry,
      })),
    )

  async function walk(place: LogPlace, query: LogQuery = {}, maxPage?: number) {
    const pages: number[][] = []
    let next_page: string | undefined
    do {
      const { events, nextPage } = await service(maxPage).list(place, { ...query, next_page })
      pages.push(events.map(({ row }) => row.id))
      next_page = nextPage
    } while (next_page !== undefined)
    return pages
  }

  const everything: LogPlace = { kind: 'everything' }

  test('goes from the newest to the oldest, twenty at a time, each once', async () => {
    // Several of one instant, as a batch of pulls has them.
    await write(
      ...Array.from({ length: 50 }, (_, at) => ({ datetime: now - hourMs + (at % 3) * 1000 })),
    )
    const pages = await walk(everything)
    expect(pages.map((page) => page.length)).toEqual([20, 20, 10])
    expect(new Set(pages.flat()).size).toBe(50)
    const rows = await database.db
      .selectFrom('logentry3')
      .select('id')
      .orderBy('datetime', 'desc')
      .orderBy('id', 'desc')
      .execute()
    expect(pages.flat()).toEqual(rows.map(({ id }) => id))
  })

  test('shows the last day unless other days are asked for, the last of them included', async () => {
    await write(
      { datetime: now - hourMs },
      { datetime: now - 30 * hourMs },
      { datetime: Date.UTC(2021, 11, 31, 23, 59, 59) },
      { datetime: Date.UTC(2022, 0, 1) },
    )
    expect(await walk(everything)).toEqual([[1]])
    expect(await walk(everything, { starttime: '12/31/2021', endtime: '12/31/2021' })).toEqual([
      [3],
    ])
    expect(await walk(everything, { starttime: '01/01/2022' })).toEqual([[1, 2, 4]])
    expect(await walk(everything, { starttime: 'yesterday', endtime: '13/40/2022' })).toEqual([[1]])
  })

  test('an end before the start is refused', async () => {
    const query = { starttime: '01/05/2022', endtime: '01/01/2022' }
    await expect(service().list(everything, query)).rejects.toMatchObject({ code: 'rule-violated' })
  })

  test('is limited to a namespace, a repository or a performer', async () => {
    const bob = await account('bob')
    await write({}, { account_id: 99 }, { repository_id: 6 }, { performer_id: bob })
    expect(await walk({ kind: 'organization', id: ada })).toEqual([[4, 3, 1]])
    expect(await walk({ kind: 'repository', id: 6 })).toEqual([[3]])
    expect(await walk({ kind: 'organization', id: ada }, { performer: 'bob' })).toEqual([[4]])
    expect(await walk(everything, { performer: 'ada' })).toEqual([[3, 2, 1]])
    expect(await walk(everything, { performer: 'nobody' })).toEqual([[]])
  })

  test('finds the days on which somebody did something, whether they are added up or not', async () => {
    const days = Array.from({ length: 30 }, (_, at) => ({ datetime: now - (at + 1) * 40 * hourMs }))
    await write(...days, { performer_id: 99 }, { account_id: 99 })
    const query = { starttime: '11/01/2021', performer: 'ada' }
    const expected = [days.slice(0, 20), days.slice(20)].map((page) =>
      page.map((day) => days.indexOf(day) + 1),
    )
    expect(await walk({ kind: 'organization', id: ada }, query)).toEqual(expected)
    await rollUpLogs({ db: database.db, clock: { now: () => now } })()
    expect(await walk({ kind: 'organization', id: ada }, query)).toEqual(expected)
  })

  test("leaves the events of service keys out of a user's own list", async () => {
    await write({ kind_id: logKindId('service_key_create') }, {})
    expect(await walk({ kind: 'user', id: ada })).toEqual([[2]])
    expect(await walk(everything)).toEqual([[2, 1]])
    const days = await service().aggregate({ kind: 'user', id: ada }, {})
    expect(days).toEqual([{ kind: 'pull_repo', count: 1, datetime: Date.UTC(2022, 0, 4) }])
  })

  test('ends at the deepest page that is allowed', async () => {
    await write(...Array.from({ length: 50 }, () => ({})))
    expect((await walk(everything, {}, 2)).map((page) => page.length)).toEqual([20, 20])
  })

  test('a token of another list means the first page', async () => {
    await write(...Array.from({ length: 25 }, () => ({})))
    const { nextPage } = await service().list(everything, {})
    const query = { next_page: nextPage }
    const { events } = await service().list({ kind: 'repository', id: 5 }, query)
    expect(events[0]?.row.id).toBe(25)
  })

  test('names who is still there, and does without who is gone', async () => {
    await write({ performer_id: 999, account_id: 998 }, { performer_id: null }, {})
    const { events } = await service().list(everything, {})
    expect(events.map(({ performer }) => performer?.username)).toEqual([
      'ada',
      undefined,
      undefined,
    ])
    expect(events.map(({ namespace }) => namespace?.username)).toEqual(['ada', 'ada', undefined])
    expect(events[0]).toMatchObject({ kind: 'pull_repo', metadata: { tag: 'v1' } })
  })

  test('counts whole days, and at most 31 of them', async () => {
    await write({ datetime: Date.UTC(2022, 0, 3, 0, 0, 1) }, {}, {})
    expect(await service().aggregate(everything, {})).toEqual([
      { kind: 'pull_repo', count: 1, datetime: Date.UTC(2022, 0, 3) },
      { kind: 'pull_repo', count: 2, datetime: Date.UTC(2022, 0, 4) },
    ])
    const month = { starttime: '01/01/2022', endtime: '02/01/2022' }
    expect(await service().aggregate(everything, month)).toHaveLength(2)
    await expect(
      service().aggregate(everything, { starttime: '01/01/2022', endtime: '02/02/2022' }),
    ).rejects.toMatchObject({ code: 'rule-violated' })
  })
})

test('the days of a query', () => {
  expect(parseLogDay('1/2/2022')).toBe(Date.UTC(2022, 0, 2))
  expect(parseLogDay('02/30/2022')).toBeUndefined()
  expect(parseLogDay('2022-01-02')).toBeUndefined()
  expect(formatLogDay(now)).toBe('01/04/2022')
  expect(parseSpan({}, now)).toEqual({ from: now - 24 * hourMs, to: now + 24 * hourMs })
})
