import type { z } from 'zod'

import type { OrgMirrorChange, OrgMirrorUpstreamSettings } from '../../contract/org-mirrors.ts'
import type { Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { Route } from '../../upstream/connections.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { maskedProxies, unmaskedProxies } from '../mirrors/proxy-address.ts'
import type { OrgMirrorRow, OrgMirrorSettings } from './org-mirror-store.ts'
import type { Source } from './source-registry.ts'

export type OrgMirrorWishes = z.output<typeof OrgMirrorChange>
type UpstreamSettings = z.output<typeof OrgMirrorUpstreamSettings>

const leastIntervalS = 60
const leastTimeoutS = 30
const mostTimeoutS = 3_600
export const usualTimeoutS = 300

/** Neither a way out of the path that it is put in, nor anything that has to be escaped there. */
const namespacePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/
const datePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/

/** The columns that wishes come to; what is not named is not changed. @throws Problem */
export function settingsOf(
  wishes: OrgMirrorWishes,
  secretBox: SecretBox,
  before?: Pick<OrgMirrorRow, 'upstream_json'>,
): OrgMirrorSettings {
  const { sync_interval: interval, skopeo_timeout: timeout } = wishes
  if (interval !== undefined && interval < leastIntervalS) {
    throw invalid('sync_interval must be at least 60 seconds')
  }
  if (timeout !== undefined && (timeout < leastTimeoutS || timeout > mostTimeoutS)) {
    throw invalid('skopeo_timeout must be between 30 and 3600 seconds')
  }
  const { external_namespace: namespace, external_registry_url: url } = wishes
  if (namespace !== undefined && !namespacePattern.test(namespace)) {
    throw invalid(`'${namespace}' is no namespace of a registry`)
  }
  return {
    ...(url !== undefined && { registry_url: originOf(url) }),
    ...(namespace !== undefined && { external_namespace: namespace }),
    ...(wishes.visibility !== undefined && { visibility: wishes.visibility }),
    ...(interval !== undefined && { interval_s: interval }),
    ...(timeout !== undefined && { timeout_s: timeout }),
    ...(wishes.sync_start_date !== undefined && { start_at: instantOf(wishes.sync_start_date) }),
    ...(wishes.is_enabled !== undefined && { is_enabled: wishes.is_enabled ? 1 : 0 }),
    ...(wishes.external_registry_config !== undefined && {
      upstream_json: sealedUpstream(wishes.external_registry_config, secretBox, before),
    }),
    ...(wishes.repository_filters !== undefined && {
      filters_json: JSON.stringify(wishes.repository_filters ?? []),
    }),
    ...(wishes.external_registry_username !== undefined && {
      username_encrypted: sealed(wishes.external_registry_username, secretBox),
    }),
    ...(wishes.external_registry_password !== undefined && {
      password_encrypted: sealed(wishes.external_registry_password, secretBox),
    }),
  }
}

function sealed(text: string | null, secretBox: SecretBox): string | null {
  return text === null || text === '' ? null : secretBox.seal(text)
}

function instantOf(text: string): Instant {
  const instant = datePattern.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(instant)) {
    throw invalid('Invalid sync_start_date format. Use ISO 8601: YYYY-MM-DDTHH:MM:SSZ')
  }
  return instant
}

/** A registry is a whole host: neither credentials nor a path belong to its address. */
function originOf(text: string): string {
  const url = URL.parse(text)
  const isPlain =
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === ''
  if (!isPlain) throw invalid('The provided registry URL is not allowed')
  return url.origin
}

/** Sealed, as the address of a proxy may hold a password. */
function sealedUpstream(
  { proxy, ...rest }: UpstreamSettings,
  secretBox: SecretBox,
  before: Pick<OrgMirrorRow, 'upstream_json'> | undefined,
): string {
  const stored = before && upstreamOf(before, secretBox).proxy
  const settings = proxy === undefined ? rest : { ...rest, proxy: unmaskedProxies(proxy, stored) }
  return secretBox.seal(JSON.stringify(settings))
}

function upstreamOf(
  { upstream_json: kept }: Pick<OrgMirrorRow, 'upstream_json'>,
  secretBox: SecretBox,
): UpstreamSettings {
  // Earlier versions did not seal it.
  if (kept.startsWith('{')) return JSON.parse(kept) as UpstreamSettings
  try {
    return JSON.parse(secretBox.open(kept)) as UpstreamSettings
  } catch {
    return {}
  }
}

/** As it was stored, but without the passwords of proxies. */
export function shownUpstream(
  mirror: Pick<OrgMirrorRow, 'upstream_json'>,
  secretBox: SecretBox,
): UpstreamSettings {
  const { proxy, ...rest } = upstreamOf(mirror, secretBox)
  return proxy === undefined ? rest : { ...rest, proxy: maskedProxies(proxy) }
}

export function filtersOf({ filters_json }: Pick<OrgMirrorRow, 'filters_json'>): readonly string[] {
  return JSON.parse(filters_json) as readonly string[]
}

function routeOf(mirror: Pick<OrgMirrorRow, 'upstream_json'>, secretBox: SecretBox): Route {
  const { verify_tls: verifyTls, proxy = {} } = upstreamOf(mirror, secretBox)
  const { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy } = proxy
  return {
    ...(verifyTls !== undefined && { verifyTls }),
    proxy: {
      ...(httpProxy && { httpProxy }),
      ...(httpsProxy && { httpsProxy }),
      ...(noProxy && { noProxy }),
    },
  }
}

/** Undefined when the credentials cannot be read any more: another DATABASE_SECRET_KEY, or damage. */
export function sourceOf(mirror: OrgMirrorRow, secretBox: SecretBox): Source | undefined {
  try {
    const { username_encrypted: username, password_encrypted: password } = mirror
    return {
      type: mirror.registry_type,
      url: mirror.registry_url,
      namespace: mirror.external_namespace,
      route: routeOf(mirror, secretBox),
      ...(username !== null && { username: secretBox.open(username) }),
      ...(password !== null && { password: secretBox.open(password) }),
    }
  } catch {
    return undefined
  }
}

/** How logs name what is mirrored. */
export function referenceOf(mirror: Pick<OrgMirrorRow, 'registry_url' | 'external_namespace'>) {
  return `${mirror.registry_url}/${mirror.external_namespace}`
}

export function invalid(message: string): Problem {
  return new Problem('request-invalid', { message })
}
