import { mkdir, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import { lockFile } from '../../db/data-directory-lock.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Step } from '../../work/worker.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { Actor } from '../audit/audit-log.ts'
import { factOf, type JobDiscards, type JobOutcome, type JobRunners } from './bundle-job.ts'
import {
  bundleJobStore,
  type BundleJobKind,
  type BundleJobRow,
  type BundleJobState,
  type JobPosition,
} from './bundle-job-store.ts'
import { jobsWithFiles, lockName, removeJobFiles } from './job-files.ts'
import { createJobMeter, noProgress } from './job-progress.ts'
import type { JobSecrets } from './job-secrets.ts'

export type BundleJobs = ReturnType<typeof createBundleJobs>

const saveEveryMs = 1_000
const tellEveryMs = 500
const lockLookMs = 50
const lockTries = 40
const jobsAtMost = 20
/** The command line, or an account that is gone. */
const system: Actor = { principal: 'system' }
const active: readonly BundleJobState[] = ['queued', 'running', 'paused', 'waiting']

/** One that failed may be asked for again, and goes on with what it had. */
const over: readonly BundleJobState[] = ['done', 'cancelled']

/** Why a run stopped that did not fail. */
class Interrupted extends Error {}

/**
 * Exports, imports and verifications. How far each has come stands in the database, so that it goes
 * on after a restart; the lock of a file says who works on it, a server or a command.
 */
export function createBundleJobs({
  db,
  clock,
  random,
  log,
  bus,
  owner,
  folder,
  accounts,
  runners,
  discards,
  secrets,
}: {
  db: Db
  clock: Clock
  random: Random
  log: Logger
  bus?: EventBus | undefined
  /** The data directory: what a job names is to be found there. */
  owner: string
  folder: string
  accounts: Pick<AccountService, 'findPrincipal'>
  runners: JobRunners
  discards: JobDiscards
  secrets: JobSecrets
}) {
  const store = bundleJobStore(db)
  const running = new Map<string, AbortController>()
  let wake: () => void = () => undefined
  let areFilesSwept = false

  function tell(id: string, kind: BundleJobKind, progress: Readonly<Record<string, unknown>>) {
    bus?.publish('jobs', { job: `bundle-${kind}`, id, progress })
  }

  async function require(id: string): Promise<BundleJobRow> {
    const job = await store.find(id)
    if (job === undefined) throw new Problem('not-found')
    return job
  }

  async function actorOf({ by_name }: BundleJobRow): Promise<Actor> {
    if (by_name === null) return system
    const principal = await accounts.findPrincipal(by_name)
    return principal === undefined ? system : { principal }
  }

  async function run(job: BundleJobRow, stopping: AbortSignal | undefined): Promise<BundleJobRow> {
    const { id, kind } = job
    const claimed = await store.move(id, ['queued', 'running', 'waiting'], {
      ...{ state: 'running', waiting_json: null, error_json: null },
    })
    if (!claimed) return require(id)
    const stop = new AbortController()
    const onStopping = () => {
      stop.abort(new Interrupted())
    }
    if (stopping?.aborted === true) onStopping()
    stopping?.addEventListener('abort', onStopping, { once: true })
    running.set(id, stop)
    let toldAt = -Infinity
    const meter = createJobMeter({
      clock,
      startedAt: job.created_at,
      onChange() {
        if (clock.now() - toldAt < tellEveryMs) return
        toldAt = clock.now()
        tell(id, kind, { state: 'running', ...meter.read() })
      },
    })
    // Somebody may have paused or cancelled it from another process.
    const save = async () => {
      const progress_json = JSON.stringify(meter.read())
      if (!(await store.move(id, ['running'], { progress_json }))) stop.abort(new Interrupted())
    }
    const timer = setInterval(() => {
      save().catch((error: unknown) => {
        log.warn({ err: error, job: id }, 'progress of a bundle not kept')
      })
    }, saveEveryMs)
    timer.unref()
    const end = async (change: Partial<BundleJobRow>) => {
      clearInterval(timer)
      const progress_json = JSON.stringify(meter.read())
      await store.move(id, ['running'], { progress_json, ...change })
    }
    try {
      const outcome = await runners[kind]({
        ...{ id, meter, signal: stop.signal, by: await actorOf(job), byName: job.by_name },
        options: JSON.parse(job.options_json) as unknown,
        secrets: await secrets.read(id),
        describe: async ({ bundleId, path: place }) => {
          await store.update(id, {
            ...(bundleId !== undefined && { bundle_id: bundleId }),
            ...(place !== undefined && { path: place }),
          })
        },
      })
      await end(changeOf(outcome, clock.now()))
      log.info({ job: id, kind, outcome: outcome.kind }, 'bundle job ended')
    } catch (error) {
      if (stop.signal.aborted && stop.signal.reason instanceof Interrupted) {
        // Stopped with the server, it goes on with the next one; a pause says so in its row.
        await end({})
      } else {
        log.warn({ err: error, job: id, kind }, 'bundle job failed')
        await end({
          ...{ state: 'failed', ended_at: clock.now(), error_json: JSON.stringify(factOf(error)) },
        })
      }
    } finally {
      clearInterval(timer)
      running.delete(id)
      stopping?.removeEventListener('abort', onStopping)
    }
    const ended = await require(id)
    tell(id, kind, { ...meter.read(), state: ended.state })
    return ended
  }

  /** Undefined when somebody else is at it. */
  async function runLocked(job: BundleJobRow, stopping: AbortSignal | undefined) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const lock = lockFile(lockName(folder, job.id))
    if (lock === undefined) return undefined
    let state: BundleJobState = job.state
    try {
      await run(job, stopping)
      const ended = await require(job.id)
      state = ended.state
      await settle(ended)
      return ended
    } finally {
      lock.release()
      if (over.includes(state)) await removeJobFiles(folder, job.id)
      else if (!active.includes(state)) await rm(lockName(folder, job.id), { force: true })
    }
  }

  /** Takes back what a job left that was given up. */
  async function settle(job: BundleJobRow): Promise<void> {
    if (job.state !== 'cancelled') return
    await discards[job.kind]?.(job).catch((error: unknown) => {
      log.warn({ err: error, job: job.id }, 'what a cancelled job left was not removed')
    })
  }

  /** Of a job that nobody is at; who is at it settles it. */
  async function settleCancelled(job: BundleJobRow): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let tries = 0; tries < lockTries && !running.has(job.id); tries++) {
      const lock = lockFile(lockName(folder, job.id))
      if (lock === undefined) {
        await delay(lockLookMs)
        continue
      }
      try {
        await settle(job)
      } finally {
        lock.release()
        await removeJobFiles(folder, job.id)
      }
      return
    }
  }

  /** Of jobs that ended while nobody worked on them, or whose process died as they ended. */
  async function sweepFiles(): Promise<void> {
    for (const id of await jobsWithFiles(folder)) {
      const job = await store.find(id)
      if (job?.state === 'cancelled') await settleCancelled(job)
      if (job === undefined || over.includes(job.state)) await removeJobFiles(folder, id)
    }
  }

  /** Moves a job that somebody asks to stop; the one who runs it sees that. */
  async function stop(
    id: string,
    from: readonly BundleJobState[],
    change: Partial<BundleJobRow>,
  ): Promise<BundleJobRow> {
    const job = await require(id)
    if (!(await store.move(id, from, change))) {
      throw new Problem('rule-violated', { message: 'The job has ended already.' })
    }
    running.get(id)?.abort(new Interrupted())
    tell(id, job.kind, { ...(JSON.parse(job.progress_json) as object), ...change })
    return require(id)
  }

  return {
    folder,
    find: require,
    listByIds: (ids: readonly string[]) => store.listByIds(ids),
    page: (after: JobPosition | undefined, limit: number) => store.page(after, limit),

    async start(
      kind: BundleJobKind,
      options: unknown,
      by: string | null,
      facts: {
        readonly id?: string
        readonly path?: string | undefined
        readonly secrets?: unknown
      } = {},
    ): Promise<BundleJobRow> {
      const waiting = await store.listDue(owner, ['queued', 'running'], jobsAtMost)
      if (waiting.length === jobsAtMost && by !== null) {
        throw new Problem('rule-violated', {
          message: `${String(jobsAtMost)} jobs wait already. Cancel one that is not needed.`,
        })
      }
      const now = clock.now()
      const { id = random.uuid() } = facts
      await secrets.put(id, facts.secrets)
      await store.insert({
        ...{ id, kind, owner, state: 'queued', created_at: now, ended_at: null, by_name: by },
        ...{ bundle_id: null, path: facts.path ?? null, options_json: JSON.stringify(options) },
        progress_json: JSON.stringify(noProgress(now)),
        ...{ waiting_json: null, result_json: null, error_json: null },
      })
      tell(id, kind, { state: 'queued' })
      wake()
      return require(id)
    },

    /** Goes on with one that was broken off, when it was asked for with the same words. */
    async findBrokenOff(
      kind: BundleJobKind,
      options: unknown,
      known: unknown,
    ): Promise<BundleJobRow | undefined> {
      const found = await store.findSame(owner, kind, JSON.stringify(options), [
        ...active,
        'failed',
      ])
      if (found === undefined) return undefined
      await secrets.put(found.id, known)
      await store.move(found.id, ['paused', 'waiting', 'failed'], {
        ...{ state: 'queued', ended_at: null, error_json: null },
      })
      return require(found.id)
    },

    pause: (id: string) => stop(id, active, { state: 'paused' }),

    /** Also one that failed, so that nothing of it stays. */
    async cancel(id: string): Promise<BundleJobRow> {
      const change = { state: 'cancelled', ended_at: clock.now() } as const
      const job = await stop(id, [...active, 'failed'], change)
      await settleCancelled(job)
      return job
    },

    /** @throws Problem `rule-violated` for one that ended well, or was cancelled. */
    async resume(id: string): Promise<BundleJobRow> {
      await require(id)
      const isMoved = await store.move(id, ['paused', 'waiting', 'failed'], {
        ...{ state: 'queued', ended_at: null, error_json: null },
      })
      if (!isMoved) {
        throw new Problem('rule-violated', { message: 'Only a job that rests can be resumed.' })
      }
      wake()
      return require(id)
    },

    /** Runs one job here and now, for who waits for it. Undefined while another process runs it. */
    runNow: async (id: string, signal: AbortSignal) => runLocked(await require(id), signal),

    /** How the worker is woken. */
    attach(next: () => void): void {
      wake = next
    },

    step: (async (stopping) => {
      if (!areFilesSwept) await sweepFiles()
      areFilesSwept = true
      for (const job of await store.listDue(owner, ['queued', 'running'], jobsAtMost)) {
        if (stopping?.aborted === true) return 'idle'
        if ((await runLocked(job, stopping)) !== undefined) return 'more'
      }
      return 'idle'
    }) satisfies Step,
  }
}

function changeOf(outcome: JobOutcome, now: number): Partial<BundleJobRow> {
  return outcome.kind === 'waiting'
    ? { state: 'waiting', waiting_json: JSON.stringify(outcome.volumes) }
    : { state: 'done', ended_at: now, result_json: JSON.stringify(outcome.result) }
}
