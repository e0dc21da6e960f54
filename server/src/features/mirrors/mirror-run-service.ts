import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { MovedTag } from '../copying/copy.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import { mirrorClaimStore, type Kind } from './mirror-claim-store.ts'
import { momentsOf, parseRules, windowsOf } from './mirror-rules.ts'
import type { Failure } from './mirror-failure.ts'
import type { MirrorLine, MirrorLog } from './mirror-log.ts'
import { mirrorLogStore } from './mirror-log-store.ts'
import {
  mirrorRunStore,
  type MirrorRunRow,
  type MirrorTagRow,
  type RunCounts,
  type RunResult,
} from './mirror-run-store.ts'
import { releasedAfter, type MirrorEnding } from './mirror-status.ts'
import { mirrorStore, type MirrorRow } from './mirror-store.ts'

export type MirrorRuns = ReturnType<typeof createMirrorRuns>

/** How a run went. */
export interface Outcome {
  readonly ending: MirrorEnding
  readonly result: Exclude<RunResult, 'running'>
  readonly message: string
  readonly tags?: string
  readonly failure?: Failure | undefined
  /** Tags that failed. */
  readonly failed?: readonly string[]
  readonly referrersCheckedAt?: Instant
}

interface EndedRun {
  readonly mirror: MirrorRow
  readonly run: MirrorRunRow
  readonly write: MirrorLog
}

const runsKept = 100
const runsLogged = 10
const cancelled: Failure = { code: 'cancelled', message: 'It was cancelled' }

/** What is kept of runs: their beginning, their tags and their end, each with its line in the log. */
export function createMirrorRuns({
  database,
  clock,
  random,
  audit,
}: {
  database: Database
  clock: Clock
  random: Random
  audit: AuditLog
}) {
  const { db } = database

  return {
    /** A new run, or the one that its worker left. */
    begin: (
      mirror: MirrorRow,
      kind: Kind,
      started: (tx: Db) => Promise<void>,
    ): Promise<MirrorRunRow> =>
      db.transaction().execute(async (tx) => {
        const runs = mirrorRunStore(tx)
        const { id: mirrorId, last_run_id: lastId } = mirror
        const last = kind === 'lost' && lastId !== null ? await runs.find(lastId) : undefined
        if (last?.ended_at === null) return last
        const startedAt = clock.now()
        const trigger = kind === 'requested' ? 'request' : 'schedule'
        const run = await runs.start({ mirrorId, trigger, startedAt })
        await runs.endOthers(mirrorId, run.id, {
          ...{ ended_at: startedAt, result: 'failed', code: 'preempted' },
          message: 'Its worker was gone',
        })
        await mirrorClaimStore(tx).noteRun(
          { id: mirrorId, transactionId: mirror.transaction_id },
          run.id,
        )
        await started(tx)
        return run
      }),

    async doneBefore(mirrorId: number, runId: number): Promise<Map<string, MirrorTagRow>> {
      const rows = await mirrorRunStore(db).listDone(mirrorId, runId)
      return new Map(rows.map((row) => [row.name, row]))
    },

    /** In the transaction that moves the tag. */
    async tagMoved(
      tx: Db,
      {
        mirror,
        repository,
        actor,
        write,
      }: { mirror: MirrorRow; repository: RepositoryRow; actor: Actor; write: MirrorLog },
      { tag, isFrozen }: MovedTag,
    ): Promise<void> {
      const claim = { id: mirror.id, transactionId: mirror.transaction_id }
      await mirrorClaimStore(tx).noteProgress(claim)
      await write(tx, {
        ...{ kind: 'repo_mirror_sync_tag_success', verb: 'finish', tag },
        message: `Source '${mirror.external_reference}:${tag}' sync successful`,
      })
      if (!isFrozen) return
      const { repositoryId, account, about } = subjectOf(repository)
      await audit.recordIn(tx, {
        kind: 'tag_made_immutable_by_policy',
        ...{ account, actor, repositoryId },
        metadata: { tag, ...about, immutable: true },
      })
    },

    /**
     * Lets go of the mirror, notes how it went and logs it, all or nothing.
     * @returns how it went after all; undefined when the run is somebody else's now.
     */
    async end(
      { mirror, run, write }: EndedRun,
      outcome: Outcome,
      counts: RunCounts,
    ): Promise<Outcome | undefined> {
      const now = clock.now()
      const ended = await db.transaction().execute(async (tx) => {
        const actual = await release(tx, mirror, outcome, now)
        if (actual === undefined) return undefined
        const { result, failure } = actual
        const runs = mirrorRunStore(tx)
        const { code = null, message = null } = failure ?? {}
        await runs.end(run.id, { ended_at: now, result, code, message }, counts)
        await runs.trim(mirror.id, runsKept)
        await mirrorLogStore(tx).trim(mirror.id, runsLogged)
        if (counts.tags_matched > 0) await runs.dropTagsBefore(mirror.id, run.id)
        const line = lineOf(actual)
        if (line !== undefined) await write(tx, line)
        return actual
      })
      await database.flush()
      return ended
    },
  }

  async function release(
    tx: Db,
    { id, repository_id, transaction_id: transactionId }: MirrorRow,
    outcome: Outcome,
    now: Instant,
  ): Promise<Outcome | undefined> {
    const mirror = await mirrorStore(tx).find(repository_id)
    if (mirror?.id !== id) return undefined
    const claims = mirrorClaimStore(tx)
    const { ending, referrersCheckedAt } = outcome
    if (ending !== 'cancelled') {
      const rules = parseRules(mirror)
      const standing = {
        startAt: mirror.start_at,
        intervalMs: mirror.interval_s * 1_000,
        ...{ calendar: momentsOf(rules), windows: windowsOf(rules) },
        retries: mirror.retries,
        hasSucceeded: mirror.last_success_at !== null,
      }
      const released = await claims.release(
        { id, transactionId },
        releasedAfter(ending, standing, now),
        {
          next: random.uuid(),
          ...(ending === 'success' && { successAt: now }),
          ...(referrersCheckedAt !== undefined && { referrersCheckedAt }),
        },
      )
      if (released) return outcome
    }
    // Somebody may have cancelled it in the last moment.
    if (!(await claims.isCancelled(id))) return undefined
    return { ...outcome, ending: 'cancelled', result: 'cancelled', failure: cancelled }
  }
}

/** Undefined for a run that goes on later. */
function lineOf({ ending, message, tags, failure }: Outcome): MirrorLine | undefined {
  const rest = { message, ...(tags !== undefined && { tags }), failure }
  switch (ending) {
    case 'success':
      return { kind: 'repo_mirror_sync_success', verb: 'end', ...rest }
    case 'failure':
      return { kind: 'repo_mirror_sync_failed', verb: 'end', ...rest }
    case 'cancelled':
      return { kind: 'repo_mirror_sync_failed', verb: 'Cancelled', ...rest }
    case 'interrupted':
      return undefined
  }
}
