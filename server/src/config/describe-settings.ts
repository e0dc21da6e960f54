import { z } from 'zod'
import { configSchema } from './config-schema.ts'
import type { Environment, Sourced } from './config-sources.ts'

/** The settings as they were given, for superusers: no value of it is a secret. */
export interface SettingsDescription {
  /** Keys that are known, whether they have an effect in this version or not. */
  readonly config: Readonly<Record<string, unknown>>
  /** All others. */
  readonly warning: Readonly<Record<string, unknown>>
}

const secretName =
  /secret|passw|token|credential|private|_uri$|dsn|access_?key|api_?key|psk|(?:^|_)key(?:$|_)|auth_?key/i
const numbers = /_(?:expiration|lifetime|timeout|seconds|prefixes|ttl|size|gc)$|_(?:ttl_sec)$/i
/** Of a proxy, the scheme may be missing. */
const passwordInUrl = /(?:^|:\/\/)[^/\s]*:[^/\s]*@/
/** Environment variables whose values are no secrets, but perhaps by their names. */
const openEnvironment = /^(?:MOORING_|QUAY_|NODE_|LC_|LANG$|TZ$|PATH$|HOME$|USER$|PWD$|HOSTNAME$)/

export function describeSettings(
  settings: ReadonlyMap<string, Sourced>,
  strangers: ReadonlySet<string>,
): SettingsDescription {
  const entries = [...settings].map(([key, { value }]) => [key, maskedSetting(key, value)] as const)
  return {
    config: Object.fromEntries(entries.filter(([key]) => !strangers.has(key))),
    warning: Object.fromEntries(entries.filter(([key]) => strangers.has(key))),
  }
}

/** The variables of a process, masked unless they are known to be harmless. */
export function describeEnvironment(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value = '']) => {
      const isOpen = openEnvironment.test(name) && name !== 'QUAY_OVERRIDE_CONFIG'
      return [name, isOpen ? String(maskedSetting(name, value)) : mask(value)]
    }),
  )
}

/** JSON Schema of config.yaml. */
export function settingsSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })
}

/** A setting without its secrets; what is none stays as it is. */
export function maskedSetting(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => maskedSetting(key, one))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([inner, one]) => [inner, maskedSetting(inner, one)]),
    )
  }
  const looksSecret = secretName.test(key) && !numbers.test(key) && !key.startsWith('FEATURE_')
  if (typeof value === 'string') {
    return looksSecret || passwordInUrl.test(value) ? mask(value) : value
  }
  return looksSecret && typeof value === 'number' ? mask(String(value)) : value
}

/** Up to ten stars, and how long it is. */
function mask(value: string): string {
  return `${'*'.repeat(Math.min(10, value.length))} (${String(value.length)})`
}
