import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createRegistrySizeService, measureRegistry } from './registry-size-service.ts'

const now = 1_700_000_000_000

describeDatabases('the size of the registry', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })

  const service = () => createRegistrySizeService({ db: database.db })
  const measure = () => measureRegistry({ db: database.db, clock: { now: () => now } })
  const addBlobs = async (count: number) => {
    for (let at = 0; at < count; at += 100) {
      const blobs = Array.from({ length: Math.min(100, count - at) }, (_, more) => ({
        digest: `sha256:${String(at + more)}`,
        size_bytes: 10_000_000_000,
        created_at: now,
      }))
      await database.db.insertInto('blob').values(blobs).execute()
    }
  }

  test('is not known, and not counted, before somebody asks', async () => {
    await measure()()
    expect(await service().get()).toEqual({
      ...{ sizeBytes: 0, completedAt: null, isQueued: false, isRunning: false },
    })
  })

  test('is queued once, and counted in batches', async () => {
    await addBlobs(4_100)
    expect(await service().isWanted()).toBe(false)
    expect(await service().queue()).toBe(true)
    expect(await service().queue()).toBe(false)
    expect(await service().get()).toMatchObject({ isQueued: true })
    expect(await service().isWanted()).toBe(true)
    await measure()()
    expect(await service().isWanted()).toBe(false)
    expect(await service().get()).toEqual({
      ...{ sizeBytes: 41_000_000_000_000, completedAt: now, isQueued: false, isRunning: false },
    })
    expect(await service().queue()).toBe(true)
  })

  test('is counted after all when a server was stopped in the middle', async () => {
    await addBlobs(3)
    await service().queue()
    await measure()(AbortSignal.abort())
    expect(await service().get()).toMatchObject({ isRunning: true, completedAt: null })
    expect(await service().queue()).toBe(false)
    await measure()()
    expect(await service().get()).toMatchObject({ sizeBytes: 30_000_000_000, isRunning: false })
  })
})
