import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
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

/** Whether there is something to cancel. */
export const isBusy = (state: MirrorState) =>
  ['queued', 'running', 'stalled', 'waiting'].includes(state)

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
  manifest_invalid: m.mirrors_advice_damaged,
  preempted: m.mirrors_advice_unknown,
  cancelled: m.mirrors_advice_cancelled,
  robot_missing: m.mirrors_advice_robot,
  tag_immutable: m.mirrors_advice_immutable,
  quota_exceeded: m.mirrors_advice_quota,
  storage_full: m.mirrors_advice_storage,
  not_signed: m.mirrors_advice_not_signed,
  window_closed: m.mirrors_advice_window,
  unknown_error: m.mirrors_advice_unknown,
}

/** Where that is done, for who may. */
export function remedyFor(code: MirrorFailure | null): { href: string; label: string } | undefined {
  switch (code) {
    case 'tls_error':
      return { href: '/certificates', label: m.mirrors_remedy_trust() }
    case 'storage_full':
      return { href: '/storage', label: m.mirrors_remedy_space() }
    default:
      return undefined
  }
}

/** What to do about it. */
export const adviceFor = (code: MirrorFailure | null) =>
  code === null ? undefined : advice[code]()
