import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { timeoutAfter } from '../../platform/longest-timer.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Digest } from '../../storage/digest.ts'
import type { Upstream } from '../../upstream/upstream.ts'
import type { Copier, MovedTag } from '../copying/copy.ts'
import { tagStore } from '../tags/tag-store.ts'
import { isTagName } from '../tags/tag-name.ts'
import { isLive } from '../tags/tag-service.ts'
import {
  failureOf,
  knownFailure,
  MirrorFault,
  type Failure,
  type FailureCode,
} from './mirror-failure.ts'
import type { ProgressMeter } from './mirror-progress.ts'
import type { MirrorTagRow, TagState } from './mirror-run-store.ts'
import type { MirrorRules } from './mirror-rules.ts'
import { isCompanion, selectTags } from './tag-selection.ts'

/** What one run needs to know of its mirror. */
export interface RunPlan {
  readonly mirrorId: number
  readonly runId: number
  readonly repositoryId: number
  readonly host: string
  readonly patterns: readonly string[]
  readonly rules: MirrorRules
  readonly platforms: readonly string[]
  readonly timeoutMs: number
  readonly refreshReferrers: boolean
  /** Only images that were signed: signatures then come with them, and not by themselves. */
  readonly mustBeSigned: boolean
  /** What the run did before it was taken over. */
  readonly before: ReadonlyMap<string, MirrorTagRow>
}

export interface RunWork {
  readonly db: Db
  readonly clock: Clock
  readonly log: Logger
  readonly copier: Copier
  readonly progress: ProgressMeter
  readonly open: (signal: AbortSignal) => Promise<Upstream>
  /** Throws when nobody who is trusted has signed the image. */
  readonly verify: (upstream: Upstream, digest: Digest, signal: AbortSignal) => Promise<void>
  readonly list: (upstream: Upstream, signal: AbortSignal) => Promise<readonly string[]>
  /** In the transaction that moves a tag. */
  readonly record: (tx: Db, moved: MovedTag) => Promise<void>
  readonly failed: (tag: string, failure: Failure) => Promise<void>
  /** Keeps what is told about a tag. */
  readonly note: (row: MirrorTagRow) => void
  readonly signal: AbortSignal
}

export interface Copied {
  readonly available: ReadonlySet<string>
  readonly selected: readonly string[]
  readonly failed: readonly string[]
  readonly failure: Failure | undefined
}

const tagsAtOnce = 4
/** So many failures in a row of the way itself, and the other tags are not tried. */
const failuresInARow = 5

const ofTheWay: ReadonlySet<FailureCode> = new Set<FailureCode>([
  ...(['auth_failed', 'network_timeout', 'connection_error', 'tls_error'] as const),
  ...(['rate_limited', 'storage_full', 'name_unknown', 'disconnected'] as const),
])

/**
 * Lists the tags of the upstream, chooses, and copies (engines, 7.3). A tag that fails does not stop
 * the others.
 * @throws the signal's reason; what listing fails with.
 */
export async function copyTags(plan: RunPlan, work: RunWork): Promise<Copied> {
  const { progress, signal } = work
  const { upstream, available } = await listed(plan, work)
  const selected = selectTags(available, plan.patterns, plan.rules)
    .filter(isTagName)
    .filter((tag) => !plan.mustBeSigned || !isCompanion(tag))
  progress.expect(selected)
  for (const name of selected) {
    if (!plan.before.has(name)) work.note(rowOf(plan, work, name, 'waiting'))
  }
  progress.began('copying')
  const known = new Set(available)
  const failed: string[] = []
  let failure: Failure | undefined
  let inARow = 0
  const waiting = selected[Symbol.iterator]()

  async function lane(): Promise<void> {
    for (const name of waiting) {
      signal.throwIfAborted()
      const isTried = inARow < failuresInARow
      const found = isTried ? await copyOne(name) : failure
      if (found === undefined) {
        inARow = 0
        continue
      }
      inARow = ofTheWay.has(found.code) ? inARow + 1 : 0
      failure = found
      failed.push(name)
      progress.tag(name, 'failed', found.message)
      work.note(rowOf(plan, work, name, 'failed', found))
      if (isTried) await work.failed(name, found)
    }
  }

  async function copyOne(name: string): Promise<Failure | undefined> {
    const { db, clock, copier } = work
    progress.tag(name, 'running')
    work.note(rowOf(plan, work, name, 'running'))
    const current = await tagStore(db).findCurrent(plan.repositoryId, name)
    const wasHere = isLive(current, clock.now())
    const timeout = timeoutAfter(plan.timeoutMs)
    try {
      const result = await copier.copyTag({
        upstream,
        source: plan.host,
        repositoryId: plan.repositoryId,
        tag: name,
        platforms: plan.platforms,
        withReferrers: plan.rules.withReferrers,
        refreshReferrers: plan.refreshReferrers,
        knownTags: known,
        ...(plan.mustBeSigned && {
          verify: (digest, until) => work.verify(upstream, digest, until),
        }),
        record: work.record,
        meter: progress.meter,
        signal: AbortSignal.any([signal, timeout]),
      })
      const earlier = plan.before.get(name)?.state
      const is = result.changed ? (wasHere ? 'updated' : 'new') : (earlier ?? 'unchanged')
      progress.tag(name, is)
      const bytes = (plan.before.get(name)?.bytes ?? 0) + result.bytes
      work.note({ ...rowOf(plan, work, name, is), digest: result.digest, bytes })
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      if (timeout.aborted) return tooLong(plan)
      if (knownFailure(error) === undefined) {
        work.log.error({ err: error, repositoryId: plan.repositoryId, tag: name }, 'tag not copied')
      }
      return failureOf(error)
    }
  }

  const lanes = await Promise.allSettled(Array.from({ length: tagsAtOnce }, lane))
  const broken = lanes.find((one) => one.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  return { available: known, selected, failed, failure }
}

async function listed(plan: RunPlan, { open, list, signal }: RunWork) {
  const timeout = timeoutAfter(plan.timeoutMs)
  const both = AbortSignal.any([signal, timeout])
  try {
    const upstream = await open(both)
    return { upstream, available: await list(upstream, both) }
  } catch (error) {
    signal.throwIfAborted()
    if (!timeout.aborted) throw error
    const { code, message } = tooLong(plan)
    throw new MirrorFault(code, message, { cause: error })
  }
}

const tooLong = ({ timeoutMs }: RunPlan): Failure => ({
  code: 'network_timeout',
  message: `It took longer than ${String(timeoutMs / 1_000)} seconds; what came is kept`,
})

function rowOf(
  { mirrorId, runId }: RunPlan,
  { clock }: RunWork,
  name: string,
  state: TagState,
  failure?: Failure,
): MirrorTagRow {
  return {
    mirror_id: mirrorId,
    name,
    run_id: runId,
    state,
    digest: null,
    bytes: 0,
    code: failure?.code ?? null,
    message: failure?.message ?? null,
    changed_at: clock.now(),
  }
}
