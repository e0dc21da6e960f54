import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import {
  type Config,
  ConfigError,
  type ConfigProblem,
  type Environment,
  loadConfig,
} from '../../config/config.ts'
import { gatherSettings } from '../../config/config-sources.ts'
import { maskedSetting } from '../../config/describe-settings.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { type ConfigFinding, isList, isRecord, SettingTypeError } from './bundle.ts'
import { createConfigHistory } from './config-history.ts'
import { changeConfigText } from './config-text.ts'
import { isWritable } from './deploy-bundle.ts'
import { effectiveSettings } from './effective-settings.ts'
import { createLiveChecks } from './live-checks.ts'
import { BundleError, parseSettings, readBundle, readConfigText } from './read-bundle.ts'
import { validateBundle } from './validate-bundle.ts'
import {
  changesBetween,
  type PlannedText,
  planText,
  revisionOf,
  writePlan,
} from './write-settings.ts'

export type SettingsService = ReturnType<typeof createSettingsService>

type Values = Readonly<Record<string, unknown>>

/** The settings of this server, for superusers: to look at, to try and to change. */
export function createSettingsService({
  config,
  env,
  clock,
  random,
  log,
}: {
  config: Config
  env: Environment
  clock: Clock
  random: Random
  log: Logger
}) {
  const { configDir, dataDir } = config
  const place = { configDir, dataDir, env }
  const history = createConfigHistory(configDir)
  const startedText = textAtStart(path.join(configDir, 'config.yaml'))
  let last: Promise<unknown> = Promise.resolve()

  /** One change at a time. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }

  async function currentText(): Promise<string> {
    return readable(async () => (await readConfigText(configDir)) ?? '')
  }

  function read(fileText: string) {
    const running = { ...config.describe().config, ...config.describe().warning }
    return effectiveSettings({ fileText, startedText, env, running })
  }

  /** The text with the values, as far as the file decides about them. */
  function changed(text: string, values: Values): string {
    const locked = read(text).filter((setting) => setting.locked)
    const refused = locked.find(({ key }) => Object.hasOwn(values, key))
    if (refused !== undefined) {
      const where = refused.origin === 'flag' ? 'the command line' : 'the environment'
      throw invalid(`${refused.key} is set by ${where} and cannot be changed here`)
    }
    const current = parseSettings(text)
    const entries = Object.entries(values).map(
      ([key, value]) =>
        [key, value === null ? undefined : unmasked(key, value, current[key])] as const,
    )
    return changeConfigText(text, new Map(entries))
  }

  async function save(plan: PlannedText, by: string) {
    if (!(await isWritable(configDir))) {
      throw new Problem('rule-violated', {
        message: 'The configuration is mounted read-only: change it where it comes from.',
      })
    }
    await writePlan(plan, by, { configDir, clock, random })
    const keys = plan.changes.map(({ key }) => key)
    log.info({ by, keys }, 'settings changed')
    return {
      changes: plan.changes,
      revision: revisionOf(plan.after),
      needsRestart: read(plan.after).some((setting) => setting.needsRestart),
    }
  }

  return {
    async read() {
      const text = await currentText()
      const settings = read(text)
      return {
        settings,
        revision: revisionOf(text),
        writable: await isWritable(configDir),
        needsRestart: settings.some(({ needsRestart }) => needsRestart),
      }
    },

    /** What changes would do, and what would be wrong then. */
    async preview(values: Values, mode: 'online' | 'offline') {
      const before = await currentText()
      const after = await readable(() => Promise.resolve(changed(before, values)))
      const { certs } = await readBundle(configDir)
      const { settings } = gatherSettings({ fileText: after, env, flags: {} })
      const all = Object.fromEntries([...settings].map(([key, { value }]) => [key, value]))
      const bundle = { config: all, certs }
      const live = createLiveChecks(bundle, { clock, env, dataDir })
      let findings: readonly ConfigFinding[] = []
      let mistyped: readonly ConfigProblem[] = []
      try {
        findings = await validateBundle(bundle, { mode, live })
      } catch (error) {
        if (!(error instanceof SettingTypeError)) throw error
        const [key = ''] = error.message.split(' ')
        const expected = error.message
        mistyped = [{ key, source: 'config.yaml', found: 'another type', expected }]
      }
      const files = await readdir(configDir)
      const problems = startProblems({ ...place, fileText: after, files })
      const isSaid = new Set(problems.map(({ key }) => key))
      return {
        changes: changesBetween(before, after),
        problems: [...problems, ...mistyped.filter(({ key }) => !isSaid.has(key))],
        findings,
      }
    },

    change(values: Values, by: string, revision?: string) {
      return alone(async () => {
        const before = await currentText()
        requireRevision(before, revision)
        const plan = await readable(() => planText(before, changed(before, values), place))
        return save(plan, by)
      })
    },

    async history() {
      return history.list(await currentText())
    },

    restore(id: string, by: string, revision?: string) {
      return alone(async () => {
        const version = await history.find(id)
        if (version === undefined) throw new Problem('not-found')
        const before = await currentText()
        requireRevision(before, revision)
        return save(await readable(() => planText(before, version.text, place)), by)
      })
    },
  }
}

function requireRevision(text: string, revision: string | undefined): void {
  if (revision !== undefined && revision !== revisionOf(text)) throw new Problem('conflict')
}

/** Texts that cannot be read, and settings that do not work, are the caller's to put right. */
async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConfigError || error instanceof BundleError) throw invalid(error.message)
    throw error
  }
}

function invalid(message: string): Problem {
  return new Problem('request-invalid', { message })
}

function startProblems(input: Omit<Parameters<typeof loadConfig>[0], 'flags'>) {
  try {
    loadConfig({ ...input, flags: {} })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** A masked value that comes back as it went out stands for the value behind it. */
function unmasked(key: string, given: unknown, current: unknown): unknown {
  if (current === undefined) return given
  if (isDeepStrictEqual(given, maskedSetting(key, current))) return current
  if (isRecord(given) && isRecord(current)) {
    return Object.fromEntries(
      Object.entries(given).map(([inner, value]) => [
        inner,
        unmasked(inner, value, current[inner]),
      ]),
    )
  }
  if (isList(given) && isList(current)) {
    return given.map((value, index) => unmasked(key, value, current[index]))
  }
  return given
}

/** What is there when the server is built is what it was started with. */
function textAtStart(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
