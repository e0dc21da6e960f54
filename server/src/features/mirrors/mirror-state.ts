import type { Instant } from '../../platform/clock.ts'
import type { RepositoryState } from '../repositories/repository-store.ts'
import type { MirrorProgress } from './mirror-progress.ts'
import { momentsOf, parseRules, windowsOf } from './mirror-rules.ts'
import type { MirrorRunRow } from './mirror-run-store.ts'
import { syncStatus } from './mirror-status.ts'
import type { MirrorRow } from './mirror-store.ts'

/** What a mirror does now, in one word. */
export type MirrorState =
  | 'never_run'
  | 'idle'
  | 'queued'
  | 'running'
  | 'stalled'
  | 'waiting'
  | 'outside_window'
  | 'paused'
  | 'failed'
  | 'partly_failed'
  | 'cancelled'
  | 'off'

/** What a mirror waits for that could go on otherwise. */
export type WaitingFor = 'connection' | 'upstream'

type Standing = Pick<MirrorRow, 'status' | 'is_enabled' | 'last_run_id'> & {
  readonly state: RepositoryState
}

export function stateOfMirror(
  mirror: Standing,
  lastRun: Pick<MirrorRunRow, 'result' | 'code'> | undefined,
  progress: Pick<MirrorProgress, 'phase'> | undefined,
  isApart = false,
): MirrorState {
  if (mirror.state !== 'MIRROR') return 'off'
  if (isApart) return 'waiting'
  switch (mirror.status) {
    case syncStatus.syncing:
      return progress?.phase === 'stalled' || progress?.phase === 'waiting'
        ? progress.phase
        : 'running'
    case syncStatus.requested:
      return 'queued'
    case syncStatus.cancelled:
      return mirror.is_enabled === 1 ? 'cancelled' : 'paused'
    case syncStatus.neverRun:
    case syncStatus.success:
    case syncStatus.failed:
      break
  }
  if (mirror.is_enabled === 0) return 'paused'
  if (lastRun?.code === 'window_closed') return 'outside_window'
  if (mirror.status === syncStatus.failed) {
    return lastRun?.result === 'partial' ? 'partly_failed' : 'failed'
  }
  return mirror.last_run_id === null ? 'never_run' : 'idle'
}

/** Whether it would run if the site were not disconnected. */
export function wouldRun(
  mirror: Standing & Pick<MirrorRow, 'start_at' | 'retries'>,
  now: Instant,
): boolean {
  const { status, state } = mirror
  if (state !== 'MIRROR') return false
  if (status === syncStatus.syncing || status === syncStatus.requested) return true
  return (nextRunOf(mirror) ?? Infinity) <= now
}

/** When it is run next without anybody asking; null: not at all. */
export function nextRunOf(
  mirror: Standing & Pick<MirrorRow, 'start_at' | 'retries'>,
): Instant | null {
  const { status } = mirror
  const isScheduled =
    mirror.state === 'MIRROR' &&
    mirror.is_enabled === 1 &&
    mirror.retries > 0 &&
    status !== syncStatus.cancelled &&
    status !== syncStatus.syncing
  return isScheduled ? mirror.start_at : null
}

/** Whether its last success is longer ago than two of its intervals. */
export function isOverdue(
  mirror: Standing &
    Pick<MirrorRow, 'last_success_at' | 'interval_s' | 'created_at' | 'start_at' | 'rules_json'>,
  now: Instant,
): boolean {
  if (mirror.is_enabled === 0 || mirror.state !== 'MIRROR') return false
  if (mirror.last_success_at === null && (mirror.start_at ?? 0) > now) return false
  const since = mirror.last_success_at ?? mirror.created_at
  return now - since > 2 * Math.max(periodS(mirror), shortestS) * 1_000
}

const shortestS = 60
const dayS = 86_400

/** As long as it may be between two runs. */
function periodS(mirror: Pick<MirrorRow, 'interval_s' | 'rules_json'>): number {
  const rules = parseRules(mirror)
  const longest = (times: readonly { readonly days?: ReadonlySet<number> }[]) =>
    times.some(({ days }) => days === undefined) ? dayS : 7 * dayS
  const [moments, windows] = [momentsOf(rules), windowsOf(rules)]
  const planned = moments.length > 0 ? longest(moments) : mirror.interval_s
  return windows.length > 0 ? Math.max(planned, longest(windows)) : planned
}
