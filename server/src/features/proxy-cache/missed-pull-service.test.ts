import { expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { countClients, readSketch } from './client-sketch.ts'
import { createMissedPulls } from './missed-pull-service.ts'

const day = 24 * 3_600_000
const all = { isIgnored: false, part: '', after: undefined, limit: 10 } as const

describeDatabases('missed pulls', (open) => {
  let opened: Promise<Database> | undefined

  async function create() {
    const { db } = await (opened ??= open())
    await db.deleteFrom('missedpull').execute()
    let now = 1_800_000_000_000
    let readOnly = false
    const clock = { now: () => now }
    const isReadOnly = () => readOnly
    const missed = createMissedPulls({
      ...{ db, clock, isReadOnly },
      random: systemRandom,
      waitingAtMost: 20,
    })
    const ask = (reference: string, client = '10.0.0.1', upstream = '') => {
      missed.record({ reference, upstream, client })
    }
    return {
      ...{ missed, ask, db },
      advance: (ms: number) => void (now += ms),
      setReadOnly: (isOn: boolean) => void (readOnly = isOn),
      list: async (order: 'count' | 'time' = 'count') =>
        (await missed.page({ ...all, order })).map((row) => [
          row.reference,
          row.count,
          countClients(readSketch(row.clients_sketch)),
        ]),
    }
  }

  test('add up over what was written before', async () => {
    const { ask, list, advance, missed } = await create()
    ask('acme/app:v1', '10.0.0.1')
    ask('acme/app:v1', '10.0.0.2')
    await missed.flush()
    advance(1_000)
    ask('acme/app:v1', '10.0.0.2')
    ask('acme/app:v2', '10.0.0.3')
    expect(await list()).toEqual([
      ['acme/app:v1', 3, 2],
      ['acme/app:v2', 1, 1],
    ])
    advance(1_000)
    ask('acme/app:v2')
    expect((await list('time'))[0]).toEqual(['acme/app:v2', 2, 2])
  })

  test('are apart for what was wanted from different registries', async () => {
    const { ask, missed } = await create()
    ask('library/alpine:3', '10.0.0.1', 'docker.io/library/alpine:3')
    ask('library/alpine:3', '10.0.0.1', 'quay.io/library/alpine:3')
    expect(await missed.page({ ...all, order: 'count' })).toHaveLength(2)
    const part = 'QUAY.io/lib'
    expect(await missed.page({ ...all, order: 'count', part })).toHaveLength(1)
    expect(await missed.page({ ...all, order: 'count', part: '100%_' })).toHaveLength(0)
  })

  test('are forgotten when nobody asked for 30 days, also those that are ignored', async () => {
    const { ask, list, advance, missed, db } = await create()
    ask('acme/old:v1')
    const [old] = await missed.page({ ...all, order: 'count' })
    await missed.setIgnored(old?.id ?? '', true)
    expect(await list()).toEqual([])
    advance(31 * day)
    ask('acme/new:v1')
    expect(await list()).toEqual([['acme/new:v1', 1, 1]])
    expect(await db.selectFrom('missedpull').select('reference').execute()).toEqual([
      { reference: 'acme/new:v1' },
    ])
  })

  test('wait while nothing may be written, and are no more than can be kept', async () => {
    const { ask, list, setReadOnly, db } = await create()
    setReadOnly(true)
    for (let one = 0; one < 30; one += 1) ask(`acme/app:${String(one)}`)
    expect(await list()).toEqual([])
    setReadOnly(false)
    await list()
    const { count } = await db
      .selectFrom('missedpull')
      .select((e) => e.fn.countAll().as('count'))
      .executeTakeFirstOrThrow()
    expect(Number(count)).toBe(20)
  })

  test('come page by page', async () => {
    const { ask, missed } = await create()
    for (const tag of ['a', 'b', 'c', 'd', 'e']) ask(`acme/app:${tag}`)
    const seen: string[] = []
    let after: { value: number; id: string } | undefined
    for (;;) {
      const page = await missed.page({ ...all, order: 'count', after, limit: 2 })
      const last = page.at(-1)
      if (last === undefined) break
      seen.push(...page.map(({ reference }) => reference))
      after = { value: last.count, id: last.id }
    }
    expect(seen.sort()).toEqual(['a', 'b', 'c', 'd', 'e'].map((tag) => `acme/app:${tag}`))
  })
})
