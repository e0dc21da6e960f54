import { isAbsolute } from 'node:path'
import type { z } from 'zod'
import type { Config, UnknownKey } from './config.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import { configSchema, type ConfigKeys } from './config-schema.ts'
import {
  gatherSettings,
  type ConfigFlags,
  type Environment,
  type Sourced,
} from './config-sources.ts'
import { crossChecks } from './cross-checks.ts'
import { deriveConfig } from './derive-config.ts'
import { describeFound } from './describe-found.ts'
import { describeSettings } from './describe-settings.ts'
import { isQuayKey, quayKeys } from './quay-keys.ts'
import { suggestKey } from './suggest-key.ts'

export interface ConfigInput {
  /** Absolute. */
  readonly configDir: string
  /** Absolute. */
  readonly dataDir: string
  /** Content of config.yaml. */
  readonly fileText: string
  /** Names of the files in the config directory. */
  readonly files: readonly string[]
  readonly env: Environment
  readonly flags: ConfigFlags
}

/**
 * The settings of one server, from all places that give some. Pure.
 * @throws ConfigError naming every wrong setting at once.
 */
export function loadConfig(input: ConfigInput): Config {
  const { configDir, dataDir, fileText, env, flags } = input
  if (!isAbsolute(configDir) || !isAbsolute(dataDir))
    throw new TypeError('folders must be absolute')
  const files = new Set(input.files)
  const { settings, problems } = gatherSettings({ fileText, env, flags })
  if (problems.length > 0) throw new ConfigError(problems)

  const keys = parseKeys(settings, files)
  const strangers = sortStrangers(settings.keys())
  const unknown = new Set(strangers.unknown.map(({ key }) => key))
  return {
    ...deriveConfig(keys, { configDir, dataDir, files, ...strangers }),
    describe: () => describeSettings(settings, unknown),
  }
}

function parseKeys(settings: ReadonlyMap<string, Sourced>, files: ReadonlySet<string>): ConfigKeys {
  const raw = Object.fromEntries([...settings].map(([key, { value }]) => [key, value]))
  const parsed = configSchema.safeParse(raw)
  const problems = (parsed.error?.issues ?? []).map((issue) => problemOf(issue, raw, settings))
  const bad = new Set(parsed.error?.issues.map(({ path }) => path[0]))

  // The keys that are fine still have to agree with each other, so that one start shows everything.
  const fine = Object.fromEntries(Object.entries(raw).filter(([key]) => !bad.has(key)))
  const keys = parsed.data ?? (configSchema.partial().parse(fine) as ConfigKeys)
  for (const check of crossChecks) {
    if (check.keys.some((key) => bad.has(key))) continue
    const expected = check.wrong(keys, files)
    if (expected === undefined) continue
    const [key = ''] = check.keys
    const found = check.found?.(keys, files) ?? describeFound([key], raw[key])
    problems.push({ key, source: sourceOf(key, settings), found, expected })
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return keys
}

function problemOf(
  issue: z.core.$ZodIssue,
  raw: Readonly<Record<string, unknown>>,
  settings: ReadonlyMap<string, Sourced>,
): ConfigProblem {
  const top = String(issue.path[0])
  const key = issue.path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`,
    )
    .join('')
  const value = issue.path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[part]
        : undefined,
    raw,
  )
  const isTail = /^(?:must|is required)/.test(issue.message)
  return {
    key,
    source: sourceOf(top, settings),
    found: describeFound(issue.path, value),
    expected: isTail ? `${key} ${issue.message}` : issue.message,
  }
}

function sourceOf(key: string, settings: ReadonlyMap<string, Sourced>): string {
  return settings.get(key)?.source ?? 'config.yaml'
}

function sortStrangers(keys: Iterable<string>): { ignored: string[]; unknown: UnknownKey[] } {
  const own = Object.keys(configSchema.shape)
  const strangers = [...keys].filter((key) => !own.includes(key))
  const candidates = [...own, ...quayKeys]
  return {
    ignored: strangers.filter(isQuayKey),
    unknown: strangers
      .filter((key) => !isQuayKey(key))
      .map((key) => {
        const didYouMean = suggestKey(key, candidates)
        return didYouMean === undefined ? { key } : { key, didYouMean }
      }),
  }
}
