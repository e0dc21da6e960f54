import { healthCheckIds } from '../../contract/appliance-health.ts'

export type CheckId = (typeof healthCheckIds)[number]

export const isCheckId = (text: string): text is CheckId => healthCheckIds.some((id) => id === text)

export type CheckState = 'ok' | 'warning' | 'error' | 'unknown'
export type CheckUnit =
  'bytes' | 'share' | 'milliseconds' | 'seconds' | 'days' | 'count' | 'connections' | 'none'

export interface Check {
  readonly id: CheckId
  readonly state: CheckState
  readonly value: number | null
  readonly limit: number | null
  readonly unit: CheckUnit
  readonly parameters: Readonly<Record<string, string | number>>
}

interface Scale {
  readonly id: CheckId
  readonly unit: CheckUnit
  readonly parameters?: Readonly<Record<string, string | number>>
}

/** A value that should be low: from a limit on it is a warning, from another an error. */
export function shouldBeLow(
  scale: Scale,
  value: number | null,
  warning: number,
  error = Infinity,
): Check {
  const state =
    value === null ? 'unknown' : value >= error ? 'error' : value >= warning ? 'warning' : 'ok'
  return check(scale, state, value, warning)
}

/** A value that should be high: below a limit it is a warning, below another an error. */
export function shouldBeHigh(
  scale: Scale,
  value: number | null,
  warning: number,
  error = -Infinity,
): Check {
  const state =
    value === null ? 'unknown' : value < error ? 'error' : value < warning ? 'warning' : 'ok'
  return check(scale, state, value, warning)
}

export function judged(scale: Scale, state: CheckState, value: number | null = null): Check {
  return check(scale, state, value, null)
}

function check(
  { id, unit, parameters = {} }: Scale,
  state: CheckState,
  value: number | null,
  limit: number | null,
): Check {
  return { id, state, value, limit, unit, parameters }
}

/** Of the help pages, and where the interface has what can be done. */
export const checkPages: Readonly<
  Record<CheckId, { readonly code: string; readonly page: string }>
> = {
  clock: { code: 'MOOR-HLT-001', page: '/health' },
  space: { code: 'MOOR-HLT-002', page: '/storage' },
  inodes: { code: 'MOOR-HLT-003', page: '/storage' },
  'database-latency': { code: 'MOOR-HLT-004', page: '/health' },
  'storage-latency': { code: 'MOOR-HLT-005', page: '/storage' },
  'listener-https': { code: 'MOOR-HLT-006', page: '/service' },
  'listener-http': { code: 'MOOR-HLT-007', page: '/service' },
  'listener-metrics': { code: 'MOOR-HLT-008', page: '/service' },
  'certificate-server': { code: 'MOOR-HLT-009', page: '/certificates' },
  'certificate-authority': { code: 'MOOR-HLT-010', page: '/certificates' },
  renewal: { code: 'MOOR-HLT-011', page: '/certificates' },
  backups: { code: 'MOOR-HLT-012', page: '/storage/backup' },
  'sign-in-failures': { code: 'MOOR-HLT-013', page: '/usage-logs' },
  'handshake-failures': { code: 'MOOR-HLT-014', page: '/certificates' },
  memory: { code: 'MOOR-HLT-015', page: '/service' },
  'event-loop': { code: 'MOOR-HLT-016', page: '/service' },
  workers: { code: 'MOOR-HLT-017', page: '/service' },
  'damaged-blobs': { code: 'MOOR-HLT-018', page: '/storage' },
  version: { code: 'MOOR-HLT-019', page: '/service' },
  'paused-workers': { code: 'MOOR-HLT-021', page: '/service' },
}

const ranks = { error: 0, warning: 1, unknown: 2, ok: 3 } as const

/** The worst first. */
export function byUrgency(a: Pick<Check, 'state'>, b: Pick<Check, 'state'>): number {
  return ranks[a.state] - ranks[b.state]
}

export function worstOf(states: readonly CheckState[]): 'ok' | 'warning' | 'error' {
  return states.includes('error') ? 'error' : states.includes('warning') ? 'warning' : 'ok'
}
