import { setTimeout as delay } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import { collectionLeaseName } from '../../work/lease.ts'
import { leaseStore } from '../../work/lease-store.ts'
import { blobStore } from '../blobs/blob-store.ts'

const lookMs = 50
/** Nobody collects: whoever comes next finishes what the last one left, soon after a start. */
const idleAtMostMs = 60_000

export const removed = (what: string) =>
  new Error(`The blob ${what} was just being removed. Resume the import.`)

/**
 * Waits for the end of a removal: as long as a collector is at work, and a while longer for the one
 * that takes over from a collector that died.
 */
export async function untilNotDoomed(
  { db, clock }: { db: Db; clock: Clock },
  digest: Digest,
  signal: AbortSignal,
): Promise<void> {
  let busyAt = clock.now()
  while (await blobStore(db).isDoomed(digest)) {
    signal.throwIfAborted()
    const now = clock.now()
    if (await leaseStore(db).isAnyTaken(collectionLeaseName, now)) busyAt = now
    if (now - busyAt >= idleAtMostMs) throw removed(digest)
    await delay(lookMs, undefined, { signal })
  }
}
