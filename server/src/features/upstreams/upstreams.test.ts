import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createLogger } from '../../platform/logger.ts'
import { applianceStateStore } from '../appliance/appliance-state-store.ts'
import { system } from '../audit/audit-log.ts'
import { createConnectionControl, createSiteConnection } from './connection-service.ts'
import { createUpstreamFacts } from './upstream-facts-service.ts'

const log = createLogger('silent')
const dayMs = 86_400_000

describeDatabases('what is known of other registries', (open) => {
  let database: Database
  let now = 1_000 * dayMs
  const clock = { now: () => now }
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database.close())

  test('every process learns that the site is disconnected, and why', async () => {
    const { db } = database
    const kinds: string[] = []
    const audit = {
      recordIn: (_tx: unknown, { kind }: { kind: string }) => {
        kinds.push(kind)
        return Promise.resolve()
      },
    }
    const control = createConnectionControl({ db, clock, audit })
    const others = createSiteConnection({ db, log })
    let told = 0
    others.onChange(() => {
      told++
    })
    await others.refresh()
    expect([others.isDisconnected(), told]).toEqual([false, 0])

    const by = { by: 'ada', actor: system }
    await control.disconnect('moving', by)
    now += 1_000
    await control.disconnect('still moving', by)
    await others.refresh()
    expect(others.state()).toEqual({
      ...{ connected: false, by: 'ada', reason: 'still moving', since: now - 1_000 },
    })
    await others.refresh()
    expect(told).toBe(1)

    expect(await control.connect(system)).toBe(true)
    expect(await control.connect(system)).toBe(false)
    await others.refresh()
    expect([others.isDisconnected(), told]).toEqual([false, 2])
    expect(kinds).toEqual([
      ...['upstreams_disconnected', 'upstreams_disconnected', 'upstreams_connected'],
    ])
  })

  test('the newest that any process has heard of an upstream counts', async () => {
    const { db } = database
    const [one, other] = [createUpstreamFacts({ db, clock }), createUpstreamFacts({ db, clock })]
    one.noteAllowance('registry-1.docker.io', { remaining: 9, limit: 100, windowMs: 3_600_000 })
    await one.flush()
    now += 1_000
    other.noteAllowance('registry-1.docker.io', { remaining: 8, limit: 100, resetMs: 5_000 })
    other.noteCheck('docker.io', { at: now, ms: 12, code: null, message: null })
    await other.flush()
    const facts = (await one.list(['docker.io', 'quay.io'])).get('docker.io')
    expect(facts?.allowance).toEqual({
      ...{ remaining: 8, limit: 100, windowMs: null, resetsAt: now + 5_000, at: now },
    })
    expect(facts?.check).toMatchObject({ ms: 12, code: null })
    expect((await one.list(['quay.io'])).get('quay.io')).toEqual({})
  })

  test('not more is kept than is of use', async () => {
    const { db } = database
    const facts = createUpstreamFacts({ db, clock })
    now += 40 * dayMs
    for (let host = 0; host < 160; host++) {
      now++
      facts.noteAllowance(`r${String(host)}.example`, { remaining: host })
    }
    await facts.flush()
    const kept = await applianceStateStore(db).listBelow('upstream/')
    expect(kept.size).toBe(150)
    expect([...kept.keys()]).not.toContain('registry-1.docker.io')
    expect([...kept.keys()]).toContain('r159.example')
  })
})
