import type { Input, Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { toInstant } from '../../ui/format.ts'
import { intervalOf, secondsIn, type IntervalUnit } from './interval.ts'
import type { SyncValues } from './sync-values.ts'

export type MirrorConfiguration = Output<'GET /api/v1/repository/{repository}/mirror'>
type NewMirror = Input<'POST /api/v1/repository/{repository}/mirror'>['body']

export interface MirrorValues extends SyncValues {
  reference: string
  patterns: string[]
  architectures: string[]
  unsigned: boolean
}

const usualIntervalS = 86_400
const usualTimeoutS = 300
const longestTimeoutS = 43_200

/** The form as it opens: what there is, or what is usual. */
export function valuesOf(mirror: MirrorConfiguration | undefined, now: number): MirrorValues {
  const { amount, unit } = intervalOf(mirror?.sync_interval ?? usualIntervalS)
  const settings = mirror?.external_registry_config
  return {
    reference: mirror?.external_reference ?? '',
    patterns: [...(mirror?.root_rule.rule_value ?? [])],
    architectures: [...(mirror?.architecture_filter ?? [])],
    start: toInstant(mirror?.sync_start_date) ?? now,
    amount,
    unit: unit satisfies IntervalUnit,
    timeout: mirror?.skopeo_timeout_interval ?? usualTimeoutS,
    robot: mirror?.robot_username ? { kind: 'robot', name: mirror.robot_username } : null,
    username: mirror?.external_registry_username ?? '',
    password: '',
    verifyTls: settings?.verify_tls ?? true,
    unsigned: settings?.unsigned_images ?? false,
    httpProxy: settings?.proxy?.http_proxy ?? '',
    httpsProxy: settings?.proxy?.https_proxy ?? '',
    noProxy: settings?.proxy?.no_proxy ?? '',
  }
}

export function checkMirror(values: MirrorValues): Record<string, string | undefined> {
  const { timeout, amount } = values
  return {
    reference: values.reference.trim() === '' ? m.mirrors_required() : undefined,
    patterns: values.patterns.length === 0 ? m.mirrors_required() : undefined,
    robot: values.robot === null ? m.mirrors_required() : undefined,
    amount: amount === null || amount <= 0 ? m.mirrors_positive() : undefined,
    timeout:
      timeout === null || timeout < usualTimeoutS
        ? m.mirrors_timeout_short()
        : timeout > longestTimeoutS
          ? m.mirrors_timeout_long()
          : undefined,
  }
}

/** A password that is not typed again stays as it is; taking the user name away takes both away. */
export function credentialsOf({ username, password }: Pick<MirrorValues, 'username' | 'password'>) {
  const name = username.trim()
  if (name === '') return { external_registry_username: null }
  return {
    external_registry_username: name,
    ...(password !== '' && { external_registry_password: password }),
  }
}

export function settingsOf(values: MirrorValues) {
  const optional = (text: string) => (text.trim() === '' ? null : text.trim())
  return {
    verify_tls: values.verifyTls,
    unsigned_images: values.unsigned,
    proxy: {
      http_proxy: optional(values.httpProxy),
      https_proxy: optional(values.httpsProxy),
      no_proxy: optional(values.noProxy),
    },
  }
}

export function bodyOf(values: MirrorValues, isEnabled: boolean): NewMirror {
  return {
    is_enabled: isEnabled,
    external_reference: values.reference.trim(),
    ...credentialsOf(values),
    external_registry_config: settingsOf(values),
    sync_interval: secondsIn(values.amount ?? 0, values.unit),
    sync_start_date: isoSeconds(values.start ?? 0),
    root_rule: { rule_kind: 'tag_glob_csv', rule_value: values.patterns },
    skopeo_timeout_interval: values.timeout ?? usualTimeoutS,
    robot_username: values.robot?.name ?? '',
    architecture_filter: values.architectures,
  }
}

export function isoSeconds(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z')
}
