import { z } from 'zod'

import { pausableWork } from '../../contract/appliance-workers.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { applianceStateStore } from './appliance-state-store.ts'
import type { WorkerWatch } from './worker-watch.ts'

export type PausableWork = (typeof pausableWork)[number]

const Kept = z.object({
  by: z.string(),
  since: z.number(),
  until: z.number().nullable(),
  reason: z.string().nullable(),
})

export interface WorkerPause extends z.output<typeof Kept> {
  readonly work: PausableWork
}

export type WorkerPauses = ReturnType<typeof createWorkerPauses>

const folder = 'paused/'
const longestMs = 366 * 86_400_000

export const isPausable = (text: string): text is PausableWork =>
  pausableWork.some((work) => work === text)

/**
 * Which work in the background rests. An administrator decides that for all processes on the database,
 * over restarts; the others follow within seconds.
 */
export function createWorkerPauses({
  db,
  clock,
  log,
  workers,
  alsoResting = () => [],
}: {
  db: Db
  clock: Clock
  log: Logger
  workers: Pick<WorkerWatch, 'rest'>
  /** What rests for another reason. */
  alsoResting?: () => readonly PausableWork[]
}) {
  let kept: readonly WorkerPause[] = []

  async function refresh(): Promise<void> {
    kept = await readPauses(db, clock.now())
    const resting = new Set([...kept.map(({ work }) => work), ...alsoResting()])
    for (const { name, isPaused } of workers.rest(resting)) {
      log.info({ worker: name, isPaused }, isPaused ? 'worker paused' : 'worker resumed')
    }
  }

  return {
    refresh,
    list: (): readonly WorkerPause[] => kept,
    /** What another process decided, and pauses that came to their end. */
    step: (async () => {
      await refresh()
      return 'idle'
    }) satisfies Step,
  }
}

async function readPauses(db: Db, now: Instant): Promise<readonly WorkerPause[]> {
  const found = await applianceStateStore(db).listBelow(folder)
  return [...found].flatMap(([work, value]) => {
    const read = Kept.safeParse(value)
    const isOver = read.success && read.data.until !== null && read.data.until <= now
    return read.success && !isOver && isPausable(work) ? [{ work, ...read.data }] : []
  })
}

export type PauseControl = ReturnType<typeof createPauseControl>

/** How administrators pause work, of the server or beside it. */
export function createPauseControl({
  db,
  clock,
  audit,
}: {
  db: Db
  clock: Clock
  audit: Pick<AuditLog, 'recordIn'>
}) {
  return {
    list: () => readPauses(db, clock.now()),

    /** Over again it changes reason and end. @throws Problem `request-invalid` */
    async pause(
      work: PausableWork,
      { until, reason }: { readonly until: Instant | null; readonly reason: string | null },
      { by, actor }: { readonly by: string; readonly actor: Actor },
    ): Promise<WorkerPause> {
      const since = clock.now()
      if (until !== null && (until <= since || until > since + longestMs)) {
        throw new Problem('request-invalid', {
          message: 'The end has to be within the next year',
        })
      }
      const pause = { by, since, until, reason }
      await db.transaction().execute(async (tx) => {
        await applianceStateStore(tx).set(`${folder}${work}`, pause satisfies z.output<typeof Kept>)
        await audit.recordIn(tx, {
          ...{ kind: 'worker_paused', account: null, actor },
          metadata: {
            worker: work,
            ...(until !== null && { until: Math.floor(until / 1000) }),
            ...(reason !== null && { reason }),
          },
        })
      })
      return { work, ...pause }
    },

    /** @returns whether it rested. */
    async resume(work: PausableWork, actor: Actor): Promise<boolean> {
      return db.transaction().execute(async (tx) => {
        const states = applianceStateStore(tx)
        const isResting = (await readPauses(tx, clock.now())).some((pause) => pause.work === work)
        await states.delete(`${folder}${work}`)
        if (!isResting) return false
        const metadata = { worker: work }
        await audit.recordIn(tx, { kind: 'worker_resumed', account: null, actor, metadata })
        return true
      })
    },
  }
}
