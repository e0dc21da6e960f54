import type { Output } from '../../api/operations.ts'

export type Configuration = Output<'GET /api/v1/mooring/config'>
export type Setting = Configuration['settings'][number]
export type SettingKind = 'switch' | 'number' | 'text' | 'list' | 'structure'

/** What a setting is typed into, by what it is or usually is. */
export function kindOf({ value, default: usual }: Pick<Setting, 'value' | 'default'>): SettingKind {
  const sample = value ?? usual
  if (typeof sample === 'boolean') return 'switch'
  if (typeof sample === 'number') return 'number'
  if (typeof sample === 'string' || sample === undefined || sample === null) return 'text'
  const isList = Array.isArray(sample) && sample.every((item) => typeof item === 'string')
  return isList ? 'list' : 'structure'
}

/** On one line, as YAML takes it too. */
export const valueText = (value: unknown): string =>
  value === undefined ? '' : JSON.stringify(value)

export const structureText = (value: unknown): string =>
  value === undefined || value === null ? '' : JSON.stringify(value, undefined, 2)

/** @returns nothing where it is no JSON */
export function parseStructure(text: string): { readonly value: unknown } | undefined {
  if (text.trim() === '') return { value: null }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The effective settings as a file, with where each comes from. */
export function effectiveText(
  settings: readonly Setting[],
  origins: Readonly<Record<Setting['origin'], string>>,
): string {
  return settings
    .filter(({ value }) => value !== undefined)
    .map(({ key, value, origin }) => `${key}: ${valueText(value)} # ${origins[origin]}`)
    .join('\n')
}
