import type { Input, Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { toInstant } from '../../ui/format.ts'
import { intervalOf, secondsIn } from './interval.ts'
import { isoSeconds } from './mirror-form.ts'
import type { SyncValues } from './sync-values.ts'

export type OrgMirror = Output<'GET /api/v1/organization/{orgname}/mirror'>
type NewOrgMirror = Input<'POST /api/v1/organization/{orgname}/mirror'>['body']
type OrgMirrorChange = Omit<NewOrgMirror, 'external_registry_type'>

/** Something runs, or is about to. */
export function isOrgBusy(mirror: OrgMirror, now: number): boolean {
  const { SYNCING, SYNC_NOW, NEVER_RUN } = mirror.repo_sync_status_counts
  const { sync_status: status, is_enabled: isEnabled } = mirror
  if (status === 'SYNCING' || status === 'SYNC_NOW' || SYNCING + SYNC_NOW > 0) return true
  const start = toInstant(mirror.sync_start_date)
  const isDue = start !== null && start <= now
  return isEnabled && (NEVER_RUN > 0 || (status === 'NEVER_RUN' && isDue))
}

export interface OrgMirrorValues extends SyncValues {
  type: string
  url: string
  namespace: string
  visibility: string
  filters: string[]
}

const usualIntervalS = 86_400
const usualTimeoutS = 300
const leastTimeoutS = 30
const mostTimeoutS = 3_600

export function orgValuesOf(mirror: OrgMirror | undefined, now: number): OrgMirrorValues {
  const { amount, unit } = intervalOf(mirror?.sync_interval ?? usualIntervalS)
  const settings = mirror?.external_registry_config
  return {
    type: mirror?.external_registry_type ?? 'quay',
    url: mirror?.external_registry_url ?? '',
    namespace: mirror?.external_namespace ?? '',
    visibility: mirror?.visibility ?? 'private',
    start: toInstant(mirror?.sync_start_date) ?? now,
    amount,
    unit,
    timeout: mirror?.skopeo_timeout ?? usualTimeoutS,
    robot: mirror?.robot_username ? { kind: 'robot', name: mirror.robot_username } : null,
    filters: [...(mirror?.repository_filters ?? [])],
    username: mirror?.external_registry_username ?? '',
    password: '',
    verifyTls: settings?.verify_tls ?? true,
    httpProxy: settings?.proxy?.http_proxy ?? '',
    httpsProxy: settings?.proxy?.https_proxy ?? '',
    noProxy: settings?.proxy?.no_proxy ?? '',
  }
}

export function checkOrgMirror(values: OrgMirrorValues): Record<string, string | undefined> {
  const { amount, timeout } = values
  const needed = (text: string) => (text.trim() === '' ? m.mirrors_required() : undefined)
  return {
    url: needed(values.url),
    namespace: needed(values.namespace),
    robot: values.robot === null ? m.mirrors_required() : undefined,
    amount: amount === null || amount <= 0 ? m.mirrors_positive() : undefined,
    timeout:
      timeout === null || timeout < leastTimeoutS
        ? m.mirrors_org_timeout_short()
        : timeout > mostTimeoutS
          ? m.mirrors_org_timeout_long()
          : undefined,
    username:
      values.type !== 'quay' && values.password !== '' && values.username.trim() === ''
        ? m.mirrors_org_username_needed()
        : undefined,
  }
}

/** A password that is not typed stays as it is. */
export function orgChangeOf(values: OrgMirrorValues): OrgMirrorChange {
  const optional = (text: string) => (text.trim() === '' ? null : text.trim())
  return {
    external_registry_url: values.url.trim(),
    external_namespace: values.namespace.trim(),
    robot_username: values.robot?.name ?? '',
    visibility: values.visibility === 'public' ? 'public' : 'private',
    sync_interval: secondsIn(values.amount ?? 0, values.unit),
    sync_start_date: isoSeconds(values.start ?? 0),
    external_registry_username: optional(values.username),
    ...(values.password !== '' && { external_registry_password: values.password }),
    external_registry_config: {
      verify_tls: values.verifyTls,
      proxy: {
        http_proxy: optional(values.httpProxy),
        https_proxy: optional(values.httpsProxy),
        no_proxy: optional(values.noProxy),
      },
    },
    repository_filters: values.filters,
    skopeo_timeout: values.timeout ?? usualTimeoutS,
  }
}

export function orgBodyOf(values: OrgMirrorValues): NewOrgMirror {
  const type = values.type === 'harbor' ? 'harbor' : 'quay'
  return { ...orgChangeOf(values), external_registry_type: type }
}
