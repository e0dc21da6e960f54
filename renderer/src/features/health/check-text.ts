import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { getLocale } from '../../paraglide/runtime.js'
import { formatFullDate } from '../../ui/format.ts'
import type { Tone } from '../../ui/tone.ts'
import { bytesText, daysText, durationText, numberText, shareText } from '../appliance/words.ts'

export type HealthCheck = Output<'GET /api/v1/mooring/health'>['checks'][number]
type Text = () => string

/** What each check is called, and what to do when it is not as it should be. */
const texts: Readonly<Record<string, { readonly name: Text; readonly advice: Text }>> = {
  clock: { name: m.health_name_clock, advice: m.health_advice_clock },
  space: { name: m.health_name_space, advice: m.health_advice_space },
  inodes: { name: m.health_name_inodes, advice: m.health_advice_inodes },
  'database-latency': {
    name: m.health_name_database_latency,
    advice: m.health_advice_database_latency,
  },
  'storage-latency': {
    name: m.health_name_storage_latency,
    advice: m.health_advice_storage_latency,
  },
  'listener-https': { name: m.health_name_listener_https, advice: m.health_advice_listener_https },
  'listener-http': { name: m.health_name_listener_http, advice: m.health_advice_listener_http },
  'listener-metrics': {
    name: m.health_name_listener_metrics,
    advice: m.health_advice_listener_metrics,
  },
  'certificate-server': {
    name: m.health_name_certificate_server,
    advice: m.health_advice_certificate_server,
  },
  'certificate-authority': {
    name: m.health_name_certificate_authority,
    advice: m.health_advice_certificate_authority,
  },
  renewal: { name: m.health_name_renewal, advice: m.health_advice_renewal },
  backups: { name: m.health_name_backups, advice: m.health_advice_backups },
  'sign-in-failures': {
    name: m.health_name_sign_in_failures,
    advice: m.health_advice_sign_in_failures,
  },
  'handshake-failures': {
    name: m.health_name_handshake_failures,
    advice: m.health_advice_handshake_failures,
  },
  memory: { name: m.health_name_memory, advice: m.health_advice_memory },
  'event-loop': { name: m.health_name_event_loop, advice: m.health_advice_event_loop },
  workers: { name: m.health_name_workers, advice: m.health_advice_workers },
  'paused-workers': { name: m.health_name_paused_workers, advice: m.health_advice_paused_workers },
  'damaged-blobs': { name: m.health_name_damaged_blobs, advice: m.health_advice_damaged_blobs },
  version: { name: m.health_name_version, advice: m.health_advice_version },
  'read-only': { name: m.health_name_read_only, advice: m.health_advice_read_only },
}

/** Checks of a later server are shown by their id. */
export const checkName = (id: string): string => texts[id]?.name() ?? id
export const checkAdvice = (id: string): string => texts[id]?.advice() ?? ''

export const stateTones = {
  ok: 'success',
  warning: 'warning',
  error: 'danger',
  unknown: 'neutral',
} as const satisfies Record<HealthCheck['state'], Tone>

const stateNames = {
  ok: m.health_ok,
  warning: m.health_warning,
  error: m.health_error,
  unknown: m.health_unknown,
} as const
export const stateName = (state: HealthCheck['state']): string => stateNames[state]()

export function measured(value: number | null, unit: HealthCheck['unit']): string {
  if (value === null) return '–'
  switch (unit) {
    case 'bytes':
      return bytesText(value)
    case 'share':
      return shareText(value)
    case 'milliseconds':
      return m.appliance_milliseconds({ value: numberText(value) })
    case 'seconds':
      return durationText(value)
    case 'days':
      return daysText(value)
    case 'connections':
      return m.appliance_connections({ count: value })
    case 'count':
    case 'none':
      return numberText(value)
  }
}

type Value = string | number
const amount = (format: (value: number) => string) => (value: Value) =>
  typeof value === 'number' ? format(value) : value
const plain = (value: Value) => (typeof value === 'number' ? String(value) : value)

/** What a check tells besides its value, by the name of the parameter. */
const details: Readonly<Record<string, readonly [Text, (value: Value) => string]>> = {
  address: [m.health_detail_address, plain],
  port: [m.health_detail_port, plain],
  family: [m.health_detail_family, plain],
  free_bytes: [m.health_detail_free, amount(bytesText)],
  total_bytes: [m.health_detail_total, amount(bytesText)],
  limit_bytes: [m.health_detail_allowed, amount(bytesText)],
  failure: [m.health_detail_failure, plain],
  names: [m.health_detail_names, plain],
  now: [
    m.health_detail_now,
    (value) => formatFullDate(typeof value === 'number' ? value : Date.parse(value), getLocale()),
  ],
  drift_ms: [
    m.health_detail_drift,
    amount((value) => m.appliance_milliseconds({ value: numberText(value) })),
  ],
  every_seconds: [m.health_detail_every, amount(durationText)],
  cpus: [m.health_detail_cpus, plain],
  reason: [m.health_detail_reason, plain],
  by: [m.health_detail_by, plain],
}

/** In words; those that say nothing are left out. */
export function checkDetails(
  parameters: Readonly<Record<string, Value>>,
): readonly { readonly key: string; readonly label: string; readonly text: string }[] {
  return Object.entries(parameters).flatMap(([key, value]) => {
    if (value === '') return []
    const [label, format] = details[key] ?? [() => key, plain]
    return [{ key, label: label(), text: format(value) }]
  })
}
