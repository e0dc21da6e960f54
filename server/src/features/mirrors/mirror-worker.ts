import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import { isOpen, opensAt } from '../../platform/calendar.ts'
import { createLease } from '../../work/lease.ts'
import { leaseStore } from '../../work/lease-store.ts'
import type { Step } from '../../work/worker.ts'
import { claimLifeMs } from './mirror-claim-keeper.ts'
import { mirrorClaimStore, type Kind } from './mirror-claim-store.ts'
import type { MirrorMetrics } from './mirror-metrics.ts'
import { parseRules, windowsOf } from './mirror-rules.ts'
import type { MirrorRunner } from './mirror-runner.ts'
import { workerPrefix } from './mirror-workers.ts'

const mirrorsAtOnce = 3
const lookedAtOnce = 20
const countedAtMost = 10_000
const forgottenAfterMs = 3_600_000

/** Looks for mirrors that somebody has to run, and starts as many as are run at a time. */
export function createMirrorWorker({
  database,
  clock,
  random,
  log,
  runner,
  metrics,
  isReadOnly,
  config,
  wake,
}: {
  database: Database
  clock: Clock
  random: Random
  log: Logger
  runner: Pick<MirrorRunner, 'count' | 'isRunning' | 'start' | 'close'>
  metrics: Pick<MirrorMetrics, 'works' | 'due'>
  isReadOnly: () => boolean
  config: { readonly mirrors: Pick<Config['mirrors'], 'everyMs'> }
  /** Looks again at once. */
  wake: () => void
}) {
  const { db, dialect } = database
  const presence = createLease({ db, clock, name: workerPrefix + random.uuid(), holder: 'mirrors' })
  let lookForDueAt: Instant = -Infinity
  let isFirst = true
  let areMoreDue = false

  /** @returns whether some may have to wait until one of those that run has ended. */
  async function startSome(kind: Kind): Promise<boolean> {
    const claims = mirrorClaimStore(db)
    const isFull = () => runner.count() >= mirrorsAtOnce
    if (isFull()) return true
    let mustSomeWait = false
    for (const found of await claims.listEligible(kind, clock.now(), lookedAtOnce)) {
      const { id, transaction_id: transactionId } = found
      if (isFull()) return true
      // Its run is about to end, or the clock has jumped past what it said last: it finds that out.
      if (runner.isRunning(id)) {
        mustSomeWait = true
        continue
      }
      const now = clock.now()
      const windows = windowsOf(parseRules(found))
      if (kind === 'due' && !isOpen(windows, now)) {
        await claims.postpone({ id, transactionId }, opensAt(windows, now))
        continue
      }
      const mirror = await claims.claim(
        { id, transactionId },
        { next: random.uuid(), now, expiresAt: now + claimLifeMs },
      )
      if (mirror === undefined) continue
      if (kind === 'lost') log.info({ mirrorId: id }, 'mirror taken over')
      runner.start(mirror, kind, wake)
    }
    return mustSomeWait
  }

  return {
    step: (async () => {
      if (isReadOnly()) return 'idle'
      if (!presence.isSafe()) await presence.hold()
      metrics.works(true)
      // A data directory has one server at a time, so whoever ran something here is gone.
      if (isFirst && dialect === 'sqlite') await mirrorClaimStore(db).expireAll(clock.now())
      if (isFirst) await leaseStore(db).dropExpired(workerPrefix, clock.now() - forgottenAfterMs)
      isFirst = false
      await startSome('lost')
      await startSome('requested')
      const isTime = clock.now() >= lookForDueAt
      if (isTime) lookForDueAt = clock.now() + config.mirrors.everyMs
      if (isTime || areMoreDue) areMoreDue = await startSome('due')
      if (isTime) {
        const claims = mirrorClaimStore(db)
        metrics.due(await claims.countEligible('due', clock.now(), countedAtMost))
      }
      return 'idle'
    }) satisfies Step,

    async close(): Promise<void> {
      await runner.close()
      metrics.works(false)
      // Without a database it runs out by itself.
      await presence.release().catch(() => undefined)
    },
  }
}
