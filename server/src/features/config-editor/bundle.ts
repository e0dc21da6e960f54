/** A configuration bundle: what a config directory holds, as one object. */
export interface Bundle {
  /** The settings, by the keys of Quay's config.yaml. */
  readonly config: Settings
  /** Files of the bundle beside config.yaml, by relative path. */
  readonly certs: ReadonlyMap<string, Buffer>
}

export type Settings = Readonly<Record<string, unknown>>

/** One thing that is wrong with a bundle, in the shape that Quay's config tool answers. */
export interface ConfigFinding {
  readonly FieldGroup: string
  /** The keys it is about; what marks the fields of a form. */
  readonly Tags: readonly string[]
  readonly Message: string
}

export type ValidationMode = 'online' | 'offline' | 'testing' | 'setup'

export const validationModes: readonly ValidationMode[] = ['online', 'offline', 'testing', 'setup']

/** A value of the wrong type, at which the reading of a bundle stops. */
export class SettingTypeError extends Error {
  override readonly name = 'SettingTypeError'
}

/** Without null values, at any level: a key that is null is a key that is not there. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isRecord(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]))
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
