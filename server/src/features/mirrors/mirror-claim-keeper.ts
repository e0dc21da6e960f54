import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { mirrorClaimStore, type Claim } from './mirror-claim-store.ts'

/** How long a worker may be silent before its run is taken over. */
export const claimLifeMs = 30_000
const renewEveryMs = 5_000

/** Ends a run from outside. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded'
  /** Somebody cancelled it, somebody else has it or nobody may, the server stops, or its window closed. */
  readonly why: 'cancelled' | 'lost' | 'stopping' | 'window'

  constructor(why: RunEnded['why']) {
    super(`the run has ended: ${why}`)
    this.why = why
  }
}

export type ClaimKeeper = ReturnType<typeof keepClaim>

/** Says again and again that a run goes on, and ends it when it is not one's own any more. */
export function keepClaim({
  db,
  clock,
  log,
  claim,
  controller,
}: {
  db: Db
  clock: Clock
  log: Logger
  claim: Claim
  controller: AbortController
}) {
  let keptUntil = clock.now() + claimLifeMs

  async function end(on: Db): Promise<void> {
    const isCancelled = await mirrorClaimStore(on).isCancelled(claim.id)
    controller.abort(new RunEnded(isCancelled ? 'cancelled' : 'lost'))
  }

  async function renew(): Promise<void> {
    const until = clock.now() + claimLifeMs
    const claims = mirrorClaimStore(db)
    if ((await claims.renew(claim, until)) && (await claims.isOwn(claim))) keptUntil = until
    else await end(db)
  }

  const timer = setInterval(() => {
    renew().catch((error: unknown) => {
      log.warn({ err: error, mirrorId: claim.id }, 'claim of a mirror not renewed')
      if (clock.now() >= keptUntil) controller.abort(new RunEnded('lost'))
    })
  }, renewEveryMs)

  return {
    /** In every transaction that changes tags. @throws RunEnded */
    async fence(tx: Db): Promise<void> {
      if (await mirrorClaimStore(tx).isOwn(claim)) return
      await end(tx)
      controller.signal.throwIfAborted()
    },

    /** Whoever looks next may go on with the run at once. */
    handBack: () => mirrorClaimStore(db).handBack(claim, clock.now()),

    close(): void {
      clearInterval(timer)
    },
  }
}
