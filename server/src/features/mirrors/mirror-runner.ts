import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Stopwatch } from '../../platform/stopwatch.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { Copier } from '../copying/copy.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import type { LastHour } from './last-hour.ts'
import { keepClaim, RunEnded, type ClaimKeeper } from './mirror-claim-keeper.ts'
import type { Kind } from './mirror-claim-store.ts'
import { failureOf, knownFailure, MirrorFault } from './mirror-failure.ts'
import { createMirrorLog, describeTags, type MirrorLog } from './mirror-log.ts'
import type { MirrorMetrics } from './mirror-metrics.ts'
import { createProgressMeter, type MirrorProgress, type ProgressMeter } from './mirror-progress.ts'
import { windowsOf } from './mirror-rules.ts'
import { copyTags, type RunPlan } from './mirror-run.ts'
import type { MirrorRuns, Outcome } from './mirror-run-service.ts'
import { createRunRecord, type RunRecord } from './mirror-run-record-service.ts'
import { createRunLines, type RunLines } from './run-lines.ts'
import type { MirrorRunRow } from './mirror-run-store.ts'
import type { MirrorSettingsService } from './mirror-settings-service.ts'
import type { MirrorRow } from './mirror-store.ts'
import type { MirrorTags } from './mirror-tags-service.ts'
import type { MirrorUpstreams } from './mirror-upstream-service.ts'
import { isCompanion } from './tag-selection.ts'
import { watchWindow } from './window-watch.ts'

export type MirrorRunner = ReturnType<typeof createMirrorRunner>

/** A run taken over so often without a tag getting here does not get anywhere. */
const mostTakeovers = 20
const referrersEveryMs = 24 * 3_600_000

interface Running {
  readonly controller: AbortController
  readonly progress: () => MirrorProgress
  readonly ended: Promise<void>
}

/** Everything that one run works with. */
interface Scene {
  readonly mirror: MirrorRow
  readonly repository: RepositoryRow
  readonly run: MirrorRunRow
  readonly actor: Actor
  readonly keeper: ClaimKeeper
  readonly progress: ProgressMeter
  readonly record: RunRecord
  readonly lines: RunLines
  readonly write: MirrorLog
  readonly signal: AbortSignal
}

/** Runs mirrors that were claimed (engines, 7.3), and knows those that run in this process. */
export function createMirrorRunner({
  database,
  clock,
  audit,
  log,
  bus,
  elapsed,
  copier,
  settings,
  upstreams,
  tags,
  runs,
  repositories,
  accounts,
  metrics,
  hour,
  config,
}: {
  database: Database
  clock: Clock
  audit: AuditLog
  log: Logger
  bus: EventBus
  elapsed: () => Stopwatch
  copier: Copier
  settings: MirrorSettingsService
  upstreams: MirrorUpstreams
  tags: MirrorTags
  runs: MirrorRuns
  repositories: RepositoryService
  accounts: AccountService
  metrics: MirrorMetrics
  hour: LastHour
  config: Pick<Config, 'mirrors'>
}) {
  const { db } = database
  const running = new Map<number, Running>()

  async function robotOf({ robot_user_id: id }: MirrorRow): Promise<Actor | undefined> {
    const account = id === null ? undefined : await accounts.findById(id)
    const principal = account && (await accounts.findPrincipal(account.username))
    return principal && { principal }
  }

  /** @throws whatever ends or fails the run as a whole */
  async function perform(scene: Scene): Promise<Outcome> {
    const { mirror, repository, actor, keeper, progress, record, signal } = scene
    if (actor.principal === 'system') {
      throw new MirrorFault('robot_missing', 'The robot of this mirror is gone or disabled')
    }
    if (mirror.takeovers > mostTakeovers) {
      const message = 'Workers ended during this run again and again, before a tag was copied'
      throw new MirrorFault('preempted', message)
    }
    const spec = upstreams.specOf(mirror)
    const verify = upstreams.signatureCheckFor(mirror)
    const plan = { ...(await planOf(scene)), mustBeSigned: verify !== undefined }
    const copied = await copyTags(plan, {
      ...{ db, clock, log, copier, progress, signal },
      open: (until) =>
        upstreams.open(spec, until, (event) => {
          copier.observer(plan.host)(event)
          scene.lines.event(event)
          if (event.kind === 'rate-limited') progress.waits(event.waitMs)
        }),
      verify: (upstream, digest, until) => verify?.(upstream, digest, until) ?? Promise.resolve(),
      list: (upstream, until) => upstreams.listTags(upstream, until),
      note: (row) => {
        record.note(row)
      },
      record: async (tx, moved) => {
        await keeper.fence(tx)
        record.touch(moved.tag)
        await runs.tagMoved(tx, { mirror, repository, actor, write: scene.write }, moved)
      },
      failed: (tag, failure) => {
        const message = `Source '${mirror.external_reference}:${tag}' failed to sync`
        return db.transaction().execute((tx) =>
          scene.write(tx, {
            ...{ kind: 'repo_mirror_sync_tag_failed', verb: 'finish', message, tag, failure },
          }),
        )
      },
    })
    const { selected, available, failed, failure } = copied
    const source = sourceOf(mirror, plan.patterns)
    if (selected.length === 0) {
      return {
        ...{ ending: 'success', result: 'success', message: source },
        tags: 'No tags matched',
      }
    }
    progress.began('removing')
    const chosen = new Set(selected)
    const { keepVanished, withReferrers } = plan.rules
    const removed = await tags.removeOthers(
      { repository, actor, fence: (tx) => keeper.fence(tx) },
      (tag) =>
        chosen.has(tag) ||
        (withReferrers && isCompanion(tag)) ||
        (keepVanished && !available.has(tag)),
    )
    record.removed(removed)
    if (failure === undefined) {
      return {
        ...{ ending: 'success', result: 'success', message: source },
        tags: describeTags(selected, []),
        ...(plan.refreshReferrers && { referrersCheckedAt: scene.run.started_at }),
      }
    }
    const isPartial = failed.length < selected.length
    return {
      ...{ ending: 'failure', result: isPartial ? 'partial' : 'failed', failure, failed },
      message: isPartial && !config.mirrors.rollback ? `${source} PARTIAL SYNC` : source,
      tags: describeTags(selected, failed),
    }
  }

  async function planOf({ mirror, run }: Scene): Promise<Omit<RunPlan, 'mustBeSigned'>> {
    const rules = settings.rulesOf(mirror)
    const own = rules.platforms.length > 0
    const { referrers_checked_at: checkedAt } = mirror
    return {
      mirrorId: mirror.id,
      runId: run.id,
      repositoryId: mirror.repository_id,
      host: mirror.upstream_host,
      patterns: settings.patternsOf(mirror),
      rules,
      platforms: own ? rules.platforms : settings.architecturesOf(mirror),
      timeoutMs: mirror.timeout_s * 1_000,
      // The first run finds them with everything else.
      refreshReferrers:
        rules.withReferrers &&
        (checkedAt ?? mirror.created_at) + referrersEveryMs <= run.started_at,
      before: await runs.doneBefore(mirror.id, run.id),
    }
  }

  /** Tags as they were before the run, all of them or those that failed. */
  async function rollBack(scene: Scene, { failed = [] }: Outcome): Promise<void> {
    const { repository, actor, keeper, record, run } = scene
    const { rollback, rollbackPageSize } = config.mirrors
    const names = rollback ? [...new Set([...record.touched(), ...failed])] : failed
    const by = { repository, actor, fence: (tx: Db) => keeper.fence(tx) }
    const changed = await tags.rollBack(by, names, run.started_at, rollbackPageSize)
    if (changed.length > 0) log.info({ runId: run.id, tags: changed.length }, 'mirror rolled back')
  }

  /** @returns undefined when the run is not ours to end. */
  async function outcomeOf(scene: Scene): Promise<Outcome | undefined> {
    const { mirror, signal } = scene
    try {
      return await perform(scene)
    } catch (error) {
      const source = sourceOf(mirror, settings.patternsOf(mirror))
      const reason: unknown = signal.aborted ? signal.reason : error
      if (reason instanceof RunEnded) {
        if (reason.why === 'stopping') await scene.keeper.handBack()
        if (reason.why === 'window') {
          const message = 'Its window closed; it goes on when the next one opens'
          const failure = { code: 'window_closed', message } as const
          return { ending: 'interrupted', result: 'cancelled', message: source, failure }
        }
        if (reason.why !== 'cancelled') return undefined
        const failure = { code: 'cancelled', message: 'It was cancelled' } as const
        return { ending: 'cancelled', result: 'cancelled', message: source, failure }
      }
      if (knownFailure(error) === undefined) {
        log.error({ err: error, repository: scene.repository.full_name }, 'mirror failed')
      }
      return { ending: 'failure', result: 'failed', message: source, failure: failureOf(error) }
    }
  }

  async function run(mirror: MirrorRow, kind: Kind, controller: AbortController, known: Known) {
    const [repository] = await repositories.listByIds([mirror.repository_id])
    if (repository === undefined) return
    const robot = await robotOf(mirror)
    const actor: Actor = robot ?? { principal: 'system' }
    const write = createMirrorLog({ audit, repository, actor })
    const message = sourceOf(mirror, settings.patternsOf(mirror))
    const begun = await runs.begin(mirror, kind, (tx) =>
      write(tx, { kind: 'repo_mirror_sync_started', verb: 'start', message }),
    )
    const progress = createProgressMeter({
      ...{ repository: repository.full_name, bus, clock, elapsed: elapsed(), hour },
      ...{ startedAt: begun.started_at, bytesBefore: begun.bytes },
    })
    known.progress = progress.snapshot
    const lines = createRunLines({ clock, mirrorId: mirror.id, runId: begun.id })
    lines.say('info', kind === 'lost' ? `Goes on: ${message}` : `Begins: ${message}`)
    const record = createRunRecord({ db, log, runId: begun.id, progress, lines })
    const claim = { id: mirror.id, transactionId: mirror.transaction_id }
    const keeper = keepClaim({ db, clock, log, claim, controller })
    const where = { namespace: subjectOf(repository).about.namespace, repository: repository.name }
    metrics.started(where, begun.started_at)
    const unwatch =
      begun.trigger === 'schedule'
        ? watchWindow({ windows: windowsOf(settings.rulesOf(mirror)), clock, controller })
        : undefined
    const { signal } = controller
    const scene = {
      ...{ mirror, repository, run: begun, actor, keeper, progress, record, lines, write, signal },
    }
    log.info({ repository: repository.full_name, upstream: mirror.upstream_host }, 'mirror started')
    try {
      const outcome = await outcomeOf(scene)
      if (outcome?.ending === 'failure') {
        await rollBack(scene, outcome).catch((error: unknown) => {
          if (!signal.aborted) log.error({ err: error }, 'mirror not rolled back')
        })
      }
      lines.say(...lastLine(outcome))
      await record.close()
      const ended = outcome && (await runs.end(scene, outcome, record.counts()))
      if (ended === undefined) return
      const { failure, result } = ended
      progress.ended(stateOf[ended.ending], failure?.message)
      metrics.ended(where, {
        isComplete: result === 'success',
        ...(failure && ended.ending !== 'interrupted' && { code: failure.code }),
        seconds: (clock.now() - begun.started_at) / 1_000,
      })
      log.info({ repository: repository.full_name, result, code: failure?.code }, 'mirror ended')
    } finally {
      unwatch?.()
      keeper.close()
      await record.close()
    }
  }

  interface Known {
    progress?: () => MirrorProgress
  }

  return {
    /** Those that run here. */
    count: (): number => running.size,

    isRunning: (mirrorId: number): boolean => running.has(mirrorId),

    progressOf: (mirrorId: number): MirrorProgress | undefined => running.get(mirrorId)?.progress(),

    /** Runs a mirror that was claimed, beside others. */
    start(mirror: MirrorRow, kind: Kind, ended: () => void): void {
      const controller = new AbortController()
      const known: Known = {}
      const waiting = waitingSince(clock.now())
      const promise = run(mirror, kind, controller, known)
        .catch((error: unknown) => {
          log.error({ err: error, mirrorId: mirror.id }, 'mirror broken off')
        })
        .finally(() => {
          running.delete(mirror.id)
          ended()
        })
      const progress = () => known.progress?.() ?? waiting
      running.set(mirror.id, { controller, progress, ended: promise })
    },

    /** Somebody does not want it any more. */
    stop(mirrorId: number): void {
      running.get(mirrorId)?.controller.abort(new RunEnded('cancelled'))
    },

    /** The server ends: others, or the next start, go on with what runs. */
    async close(): Promise<void> {
      const all = [...running.values()]
      for (const { controller } of all) controller.abort(new RunEnded('stopping'))
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

const stateOf = {
  ...({ success: 'done', failure: 'failed' } as const),
  ...({ cancelled: 'cancelled', interrupted: 'cancelled' } as const),
}

function lastLine(outcome: Outcome | undefined): Parameters<RunLines['say']> {
  if (outcome === undefined) return ['info', 'Stops here; goes on later']
  const { result, failure } = outcome
  if (failure === undefined) return ['info', 'Ended: success']
  const text = `Ended: ${result}: ${failure.message} (${failure.code})`
  return [result === 'cancelled' ? 'warning' : 'error', text]
}

function sourceOf({ external_reference }: MirrorRow, patterns: readonly string[]): string {
  return `'${external_reference}' with tag pattern '${patterns.join(',')}'`
}

function waitingSince(startedAt: number): MirrorProgress {
  return {
    ...{ state: 'running', phase: 'listing', done: 0, total: 0, unit: 'bytes' },
    ...{ itemsDone: 0, itemsTotal: 0, current: '', rate: 0, eta: null, startedAt, errors: [] },
    layers: [],
  }
}
