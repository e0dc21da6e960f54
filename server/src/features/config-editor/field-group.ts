import {
  type Bundle,
  type ConfigFinding,
  isList,
  isRecord,
  type Settings,
  type ValidationMode,
} from './bundle.ts'
import type { LiveChecks } from './live-checks.ts'

export type FieldType = 'string' | 'bool' | 'int' | 'array' | 'object'

export interface Field {
  readonly type: FieldType
  /** The types of what an object holds. */
  readonly inner?: Readonly<Record<string, FieldType>>
  /** What the editor shows where the bundle says nothing. */
  readonly usual?: unknown
}

/** Settings that are checked, and shown, together. */
export interface FieldGroup {
  readonly name: string
  /** What findings carry, where it is not the name. */
  readonly errorName?: string
  readonly fields: Readonly<Record<string, Field>>
  /** Adds what is wrong to the check, in the order of Quay's rules. */
  check(check: Check): Promise<void> | void
}

/** One group's look at a bundle. */
export interface Check {
  readonly mode: ValidationMode
  readonly certs: Bundle['certs']
  /** Absent where nothing outside may be asked. */
  readonly live?: LiveChecks
  /** All settings, without the usual values. */
  readonly settings: Settings
  /** A setting or its usual value, `''` where it is neither. */
  text(key: string): string
  flag(key: string): boolean
  number(key: string): number | undefined
  /** A setting that is an object; undefined where it is missing. */
  object(key: string): Settings | undefined
  list(key: string): readonly unknown[]
  add(message: string, ...tags: readonly string[]): void
  /** @returns whether the setting is there; adds `<key> is required` where it is not. */
  required(key: string): boolean
  url(key: string): void
  hostname(key: string): void
  duration(key: string): void
}

const durationPattern = /^[0-9]+(w|m|d|h|s)$/

export function isDuration(text: string): boolean {
  return durationPattern.test(text)
}

export function createCheck(
  group: FieldGroup,
  bundle: Bundle,
  options: { mode: ValidationMode; live?: LiveChecks },
): { readonly check: Check; readonly findings: readonly ConfigFinding[] } {
  const findings: ConfigFinding[] = []
  const settings = bundle.config
  const valueOf = (key: string) => settings[key] ?? group.fields[key]?.usual
  const text = (key: string) => {
    const value = valueOf(key)
    return typeof value === 'string' ? value : ''
  }
  const add = (message: string, ...tags: readonly string[]) => {
    findings.push({ FieldGroup: group.errorName ?? group.name, Tags: tags, Message: message })
  }
  const check: Check = {
    ...options,
    certs: bundle.certs,
    settings,
    text,
    flag: (key) => isOn(valueOf(key)),
    number: (key) => {
      const value = valueOf(key)
      return typeof value === 'number' ? value : undefined
    },
    object: (key) => {
      const value = valueOf(key)
      return isRecord(value) ? value : undefined
    },
    list: (key) => {
      const value = valueOf(key)
      return isList(value) ? value : []
    },
    add,
    required: (key) => {
      const value = valueOf(key)
      const isThere = value !== undefined && value !== ''
      if (!isThere) add(`${key} is required`, key)
      return isThere
    },
    url: (key) => {
      const value = text(key)
      if (value !== '' && !isUrl(value)) add(`${key} must be of type URL`, key)
    },
    hostname: (key) => {
      const problem = hostnameProblem(key, text(key))
      if (problem !== undefined) add(problem, key)
    },
    duration: (key) => {
      const value = text(key)
      if (value !== '' && !isDuration(value)) {
        add(`${key} must have the regex pattern ^[0-9]+(w|m|d|h|s)$`, key)
      }
    },
  }
  return { check, findings }
}

/** Quay's switches are on for `true` and for the text of it. */
export function isOn(value: unknown): boolean {
  return value === true || value === 'true'
}

/** A text at a key of an inner object, `''` where it is none. */
export function textIn(object: Settings | undefined, key: string): string {
  const value = object?.[key]
  return typeof value === 'string' ? value : ''
}

export function numberIn(object: Settings | undefined, key: string): number | undefined {
  const value = object?.[key]
  return typeof value === 'number' ? value : undefined
}

/** Scheme and host, as Quay's rule for addresses asks. */
export function isUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && url.host !== ''
}

const hostnamePattern = /^[a-zA-Z0-9.-]+(:[0-9]+)?$/
const bracketedPattern = /^\[[0-9a-fA-F:.]+\](:[0-9]+)?$/

/** Why a text is no host name to Quay; an IPv6 address in brackets, which Quay lacks, is one. */
function hostnameProblem(key: string, text: string): string | undefined {
  if (bracketedPattern.test(text)) return undefined
  if (!hostnamePattern.test(text)) return `${key} must be of type Hostname`
  const host = text.replace(/:[0-9]+$/, '')
  if (host === 'localhost' || host.includes('.')) return undefined
  return `${key} must be a fully qualified domain name (e.g. registry.example.com). Single-label hostnames like '${host}' are not supported by OpenShift`
}
