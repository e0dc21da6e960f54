import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../db/database-suite.ts'
import type { Database } from '../db/open.ts'
import { createLease, underLease } from './lease.ts'

describeDatabases('leases', (open) => {
  let database: Database
  let now = 1_000_000

  beforeEach(async () => {
    database = await open()
  })

  const lease = (holder: string, name = 'collection') =>
    createLease({ db: database.db, clock: { now: () => now }, name, holder })

  test('one of those who ask at once gets it', async () => {
    const asked = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => lease(holder).hold()))
    expect(asked.filter(Boolean)).toHaveLength(1)
  })

  test('its holder renews it, and others wait until it is released', async () => {
    const mine = lease('mine')
    const yours = lease('yours')
    expect(await mine.hold()).toBe(true)
    now += 50_000
    expect(await mine.hold()).toBe(true)
    now += 50_000
    expect(await yours.hold()).toBe(false)
    await yours.release()
    expect(await yours.hold()).toBe(false)
    await mine.release()
    expect(await yours.hold()).toBe(true)
  })

  test('that of a holder who is gone runs out, and is not relied on shortly before', async () => {
    const mine = lease('mine')
    expect(mine.isSafe()).toBe(false)
    await mine.hold()
    expect(mine.isSafe()).toBe(true)
    now += 45_000
    expect(mine.isSafe()).toBe(false)
    now += 15_000
    expect(await lease('yours').hold()).toBe(true)
    expect(await mine.hold()).toBe(false)
  })

  test('leases of other names are others', async () => {
    expect(await lease('mine', 'one').hold()).toBe(true)
    expect(await lease('yours', 'two').hold()).toBe(true)
  })

  test('a step runs only under the lease, and gives it back when it is idle', async () => {
    const found: ('more' | 'idle')[] = ['more', 'idle']
    const step = underLease(lease('mine'), () => Promise.resolve(found.shift() ?? 'idle'))
    const yours = lease('yours')
    expect(await step()).toBe('more')
    expect(await yours.hold()).toBe(false)
    expect(await step()).toBe('idle')
    expect(await yours.hold()).toBe(true)
    found.push('more')
    expect(await step()).toBe('idle')
    expect(found).toEqual(['more'])
  })
})
