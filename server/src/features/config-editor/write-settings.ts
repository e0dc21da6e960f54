import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type Environment, loadConfig } from '../../config/config.ts'
import { maskedSetting } from '../../config/describe-settings.ts'
import type { Clock } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { Random } from '../../platform/random.ts'
import { createConfigHistory, type SettingChange } from './config-history.ts'
import { changeConfigText, type SettingChanges } from './config-text.ts'
import { parseSettings, readConfigText } from './read-bundle.ts'

export interface SettingsPlace {
  readonly configDir: string
  readonly dataDir: string
  readonly env: Environment
}

export interface PlannedText {
  readonly before: string
  readonly after: string
  readonly changes: readonly SettingChange[]
}

/**
 * What config.yaml becomes with some keys changed, without writing it.
 * @throws ConfigError where the registry would not start with it.
 */
export async function planSettings(
  changes: SettingChanges,
  place: SettingsPlace,
): Promise<PlannedText> {
  const before = (await readConfigText(place.configDir)) ?? ''
  return planText(before, changeConfigText(before, changes), place)
}

/** @throws ConfigError */
export async function planText(
  before: string,
  after: string,
  { configDir, dataDir, env }: SettingsPlace,
): Promise<PlannedText> {
  const files = await readdir(configDir)
  loadConfig({ configDir, dataDir, fileText: after, files, env, flags: {} })
  return { before, after, changes: changesBetween(before, after) }
}

/** Writes a plan: the history first, then config.yaml, each whole. */
export async function writePlan(
  { before, after, changes }: PlannedText,
  by: string,
  { configDir, clock, random }: { configDir: string; clock: Clock; random: Random },
): Promise<void> {
  if (before === after) return
  const file = path.join(configDir, 'config.yaml')
  const mode = await stat(file).then(
    (facts) => facts.mode & 0o777,
    () => 0o600,
  )
  await createConfigHistory(configDir).add({ by, changes, text: before }, { clock, random })
  await writeFileDurably(file, after, mode)
}

/** @throws ConfigError where the registry would not start with the changes. */
export async function writeSettings(
  changes: SettingChanges,
  options: SettingsPlace & { readonly clock: Clock; readonly random: Random; readonly by: string },
): Promise<PlannedText> {
  const plan = await planSettings(changes, options)
  await writePlan(plan, options.by, options)
  return plan
}

/** Names a text, so that a change of another can be told. */
export function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** The keys in which two texts differ, masked. */
export function changesBetween(before: string, after: string): readonly SettingChange[] {
  const [old, current] = [parseSettings(before), parseSettings(after)]
  const keys = [...new Set([...Object.keys(old), ...Object.keys(current)])].toSorted()
  return keys
    .filter((key) => !isDeepStrictEqual(old[key], current[key]))
    .map((key) => ({
      key,
      ...(old[key] !== undefined && { before: maskedSetting(key, old[key]) }),
      ...(current[key] !== undefined && { after: maskedSetting(key, current[key]) }),
    }))
}
