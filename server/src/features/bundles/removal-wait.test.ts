import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { parseDigest } from '../../storage/digest.ts'
import { collectionLeaseName } from '../../work/lease.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { blobGarbageStore } from '../gc/blob-garbage-store.ts'
import { untilNotDoomed } from './removal-wait.ts'

const digest = parseDigest(`sha256:${'5'.repeat(64)}`)
const never = new AbortController().signal

describeDatabases('an import whose blob is just being removed', (open) => {
  let database: Database
  let id: number
  beforeEach(async () => {
    database = await open()
    id = await blobStore(database.db).insert(digest, 10, 0)
    await blobGarbageStore(database.db).doom(id)
  })

  /** A clock that moves on with every look; `onLook` hears which it is. */
  const lookingClock = (stepMs: number, onLook: (look: number) => Promise<void>) => {
    let looks = 0
    const pending: Promise<void>[] = []
    const clock = {
      now() {
        looks++
        pending.push(onLook(looks))
        return looks * stepMs
      },
    }
    return { clock, looks: () => looks, settled: () => Promise.all(pending) }
  }

  test('waits as long as the collector is at work, however long that is', async () => {
    const { db } = database
    const minutes = 5
    const minuteMs = 60_000
    const at = lookingClock(minuteMs, async (look) => {
      if (look > minutes) await blobGarbageStore(db).removeDoomed(id)
    })
    await db
      .insertInto('lease')
      .values({ name: collectionLeaseName, holder: 'gc', expires_at: 10 * minutes * minuteMs })
      .execute()
    await untilNotDoomed({ db, clock: at.clock }, digest, never)
    await at.settled()
    expect(at.looks()).toBeGreaterThan(minutes)
  })

  test('gives up a minute after the last collector was seen', async () => {
    const { db } = database
    const lease = { name: collectionLeaseName, holder: 'gone', expires_at: 100_000 }
    await db.insertInto('lease').values(lease).execute()
    let now = 0
    const clock = { now: () => (now += 30_000) }
    await expect(untilNotDoomed({ db, clock }, digest, never)).rejects.toThrow(/Resume the import/)
    expect(now).toBe(150_000)
  })

  test('ends at once with the job', async () => {
    const stop = new AbortController()
    const { db } = database
    const waiting = untilNotDoomed({ db, clock: { now: () => 0 } }, digest, stop.signal)
    stop.abort()
    await expect(waiting).rejects.toThrow(/abort/i)
  })
})
