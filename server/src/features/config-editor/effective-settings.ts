import { isDeepStrictEqual } from 'node:util'
import { settingsSchema } from '../../config/config.ts'
import { configSchema } from '../../config/config-schema.ts'
import { type Environment, gatherSettings, type Sourced } from '../../config/config-sources.ts'
import { maskedSetting } from '../../config/describe-settings.ts'
import { isQuayKey } from '../../config/quay-keys.ts'
import { isRecord } from './bundle.ts'

export interface EffectiveSetting {
  readonly key: string
  /** Masked where it is secret. */
  readonly value?: unknown
  readonly default?: unknown
  readonly origin: 'default' | 'file' | 'environment' | 'flag'
  readonly locked: boolean
  readonly secret: boolean
  readonly kind: 'known' | 'ignored' | 'unknown'
  readonly needsRestart: boolean
}

export interface SettingTexts {
  /** config.yaml as it is. */
  readonly fileText: string
  /** As it was when this server started. */
  readonly startedText: string
  readonly env: Environment
  /** What the server runs with, masked. */
  readonly running: Readonly<Record<string, unknown>>
}

/** Every setting there is, by key. Flags of the command line are told by what they changed. */
export function effectiveSettings(texts: SettingTexts): readonly EffectiveSetting[] {
  const { env, running } = texts
  const current = gatherSettings({ fileText: texts.fileText, env, flags: {} }).settings
  const started = gatherSettings({ fileText: texts.startedText, env, flags: {} }).settings
  const defaults = usualValues()
  const keys = new Set([...Object.keys(configSchema.shape), ...current.keys()])
  return [...keys].toSorted().map((key) => {
    const sourced = current.get(key)
    const usual = defaults.get(key)
    const atStart = started.get(key)?.value
    const isByFlag =
      running[key] !== undefined && !isDeepStrictEqual(running[key], shown(key, atStart))
    const value = isByFlag ? running[key] : (shown(key, sourced?.value) ?? usual)
    const origin = isByFlag ? 'flag' : originOf(sourced)
    return {
      key,
      ...(value !== undefined && { value }),
      ...(usual !== undefined && { default: usual }),
      origin,
      locked: origin === 'flag' || origin === 'environment',
      secret: maskedSetting(key, 'x') !== 'x',
      kind: Object.hasOwn(configSchema.shape, key)
        ? 'known'
        : isQuayKey(key)
          ? 'ignored'
          : 'unknown',
      needsRestart: !isByFlag && !isDeepStrictEqual(sourced?.value, atStart),
    }
  })
}

function shown(key: string, value: unknown): unknown {
  return value === undefined ? undefined : maskedSetting(key, value)
}

function originOf(sourced: Sourced | undefined): EffectiveSetting['origin'] {
  if (sourced === undefined) return 'default'
  return sourced.source.startsWith('environment ') ? 'environment' : 'file'
}

/** As they would be written: durations as texts, which the schema turns into numbers. */
function usualValues(): ReadonlyMap<string, unknown> {
  const { properties } = settingsSchema()
  const described = isRecord(properties) ? properties : {}
  return new Map(
    Object.entries(configSchema.shape).flatMap(([key, schema]) => {
      const property = described[key]
      if (isRecord(property) && 'default' in property) return [[key, property['default']]]
      const parsed = schema.safeParse(undefined)
      return parsed.success && parsed.data !== undefined ? [[key, parsed.data]] : []
    }),
  )
}
