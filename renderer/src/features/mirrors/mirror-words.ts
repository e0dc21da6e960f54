import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { mirrorPath, organizationPath } from '../../router/routes.ts'
import type { Tone } from '../../ui/tone.ts'

export type MirrorDetails = Output<'GET /api/v1/mooring/repository/{repository}/mirror'>
export type MirrorState = MirrorDetails['state']
export type MirrorRun = NonNullable<MirrorDetails['last_run']>
export type MirrorFailure = NonNullable<MirrorRun['code']>

interface Look {
  readonly label: () => string
  readonly tone: Tone
}

const states: Readonly<Record<MirrorState, Look>> = {
  never_run: { label: m.mirrors_state_never_run, tone: 'neutral' },
  idle: { label: m.mirrors_state_idle, tone: 'success' },
  queued: { label: m.mirrors_state_queued, tone: 'info' },
  running: { label: m.mirrors_state_running, tone: 'info' },
  stalled: { label: m.mirrors_state_stalled, tone: 'warning' },
  waiting: { label: m.mirrors_state_waiting, tone: 'warning' },
  outside_window: { label: m.mirrors_state_outside_window, tone: 'neutral' },
  paused: { label: m.mirrors_state_paused, tone: 'neutral' },
  failed: { label: m.mirrors_state_failed, tone: 'danger' },
  partly_failed: { label: m.mirrors_state_partly_failed, tone: 'warning' },
  cancelled: { label: m.mirrors_state_cancelled, tone: 'neutral' },
  off: { label: m.mirrors_state_off, tone: 'neutral' },
}

export const stateNames = Object.keys(states) as readonly MirrorState[]
export const stateLabel = (state: MirrorState) => states[state].label()
export const stateTone = (state: MirrorState) => states[state].tone

type Waiting = Pick<MirrorDetails, 'state' | 'waiting_for'>

/** In a word, with what it waits for. */
export function standingLabel({ state, waiting_for: reason }: Waiting): string {
  switch (reason) {
    case 'connection':
      return m.mirrors_waits_connection()
    case 'upstream':
      return m.mirrors_waits_upstream()
    case null:
      return stateLabel(state)
  }
}

export const isBusyState = (state: MirrorState) =>
  ['queued', 'running', 'stalled', 'waiting'].includes(state)

/** Whether there is something to cancel. */
export const isBusy = ({ state, last_run: run }: Pick<MirrorDetails, 'state' | 'last_run'>) =>
  ['queued', 'running', 'stalled'].includes(state) ||
  (state === 'waiting' && run?.result === 'running')

const results: Readonly<Record<MirrorRun['result'], Look>> = {
  running: { label: m.mirrors_state_running, tone: 'info' },
  success: { label: m.mirrors_result_success, tone: 'success' },
  partial: { label: m.mirrors_state_partly_failed, tone: 'warning' },
  failed: { label: m.mirrors_state_failed, tone: 'danger' },
  cancelled: { label: m.mirrors_state_cancelled, tone: 'neutral' },
}

export const resultLabel = (result: MirrorRun['result']) => results[result].label()
export const resultTone = (result: MirrorRun['result']) => results[result].tone

const advice: Readonly<Record<MirrorFailure, () => string>> = {
  auth_failed: m.mirrors_advice_auth,
  network_timeout: m.mirrors_advice_timeout,
  connection_error: m.mirrors_advice_connection,
  not_found: m.mirrors_advice_not_found,
  tls_error: m.mirrors_advice_tls,
  rate_limited: m.mirrors_advice_rate,
  decryption_failed: m.mirrors_advice_decryption,
  invalid_source_registry: m.mirrors_advice_location,
  blob_mismatch: m.mirrors_advice_damaged,
  manifest_invalid: m.mirrors_advice_unsupported,
  preempted: m.mirrors_advice_unknown,
  cancelled: m.mirrors_advice_cancelled,
  robot_missing: m.mirrors_advice_robot,
  tag_immutable: m.mirrors_advice_immutable,
  quota_exceeded: m.mirrors_advice_quota,
  storage_full: m.mirrors_advice_storage,
  not_signed: m.mirrors_advice_not_signed,
  window_closed: m.mirrors_advice_window,
  unknown_error: m.mirrors_advice_unknown,
  disconnected: m.mirrors_advice_disconnected,
  name_unknown: m.mirrors_advice_name,
  busy: m.mirrors_advice_busy,
  storage_unavailable: m.mirrors_advice_unavailable,
  read_only: m.mirrors_advice_read_only,
}

export interface Remedy {
  readonly href: string
  readonly label: string
  /** Others cannot go there. */
  readonly isForSuperusers: boolean
}

const settings = (repository: string) => `${mirrorPath(repository)}?tab=settings`

/** Where something can be done about it. */
export function remedyFor(code: MirrorFailure | null, repository: string): Remedy | undefined {
  const here = (label: string): Remedy => ({
    ...{ href: settings(repository), label, isForSuperusers: false },
  })
  const there = (href: string, label: string): Remedy => ({ href, label, isForSuperusers: true })
  switch (code) {
    case 'auth_failed':
    case 'decryption_failed':
      return here(m.mirrors_remedy_credentials())
    case 'not_found':
    case 'name_unknown':
    case 'invalid_source_registry':
      return here(m.mirrors_remedy_location())
    case 'connection_error':
    case 'network_timeout':
    case 'robot_missing':
      return here(m.mirrors_remedy_settings())
    case 'not_signed':
      return here(m.mirrors_remedy_keys())
    case 'tls_error':
      return there('/certificates', m.mirrors_remedy_trust())
    case 'storage_full':
      return there('/storage', m.mirrors_remedy_space())
    case 'quota_exceeded': {
      const [namespace = ''] = repository.split('/')
      const href = `${organizationPath(namespace)}?tab=Settings&section=quotamanagement`
      return { href, label: m.mirrors_remedy_quota(), isForSuperusers: false }
    }
    case 'storage_unavailable':
    case 'read_only':
      return there('/health', m.mirrors_remedy_health())
    case 'disconnected':
      return there('/mirrors', m.mirrors_remedy_connect())
    case 'unknown_error':
      return there('/service/logs', m.mirrors_remedy_service())
    default:
      return undefined
  }
}

/** What to do about it. */
export const adviceFor = (code: MirrorFailure | null) =>
  code === null ? undefined : advice[code]()

/** Null for a word that nobody has advice for. */
export const failureNamed = (code: string): MirrorFailure | null =>
  code in advice ? (code as MirrorFailure) : null
