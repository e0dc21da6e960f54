import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { loadConfig, type Config, type Environment } from '../config/config.ts'
import type { DataDirectoryLock } from '../db/data-directory-lock.ts'
import { createPasswords } from '../features/accounts/password.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { startServer, type Overrides, type RunningServer } from '../start.ts'
import type { RegistryDoor } from './apply/task.ts'
import { describeAutostart } from './autostart.ts'
import { createSetupApply } from './setup-apply.ts'
import { createSetupRestore } from './setup-restore.ts'
import { openSetupService } from './setup-service.ts'
import { setupFiles, type SetupFiles } from './setup-state.ts'
import type { Machine } from './step.ts'
import { setupSteps } from './steps/steps.ts'

export interface SetupInput {
  readonly machine: Machine
  readonly env: Environment
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly stopping: AbortSignal
  /** Instead of those of the data directory. */
  readonly files?: SetupFiles
}

/** The setup of a data directory whose lock is held, ready for a page or an answer file. */
export async function openSetup(input: SetupInput, door: () => RegistryDoor) {
  const { machine, env, clock, random } = input
  const files = input.files ?? setupFiles({ dataDir: machine.dataDir, random })
  const steps = setupSteps({ passwords: createPasswords({ clock, random }) })
  const tools = { ...input, files, steps }
  const service = await openSetupService(tools)
  const registry: RegistryDoor = {
    start: (config) => door().start(config),
    running: () => door().running(),
    stop: () => door().stop(),
  }
  const apply = createSetupApply({
    ...tools,
    service,
    registry,
    describeAutostart: () => describeAutostart(machine, env),
    loadConfig: (text) => configOf(machine, env, text),
  })
  const restore = createSetupRestore({
    ...tools,
    ...{ service, registry, env },
    loadConfig: () => configOf(machine, env, undefined),
  })
  return { service, apply, restore, files }
}

/** As the registry will read it; its certificate may not be there yet. */
async function configOf(
  { configDir, dataDir }: Machine,
  env: Environment,
  text: string | undefined,
): Promise<Config> {
  const fileText = text ?? (await readFile(path.join(configDir, 'config.yaml'), 'utf8'))
  const found = text === undefined ? await readdir(configDir) : []
  const files = [...new Set([...found, 'ssl.cert', 'ssl.key'])]
  return loadConfig({ configDir, dataDir, fileText, files, env, flags: {} })
}

/** Starts the registry under a lock that stays with the setup when the registry ends. */
export function registryStarter(overrides: Overrides) {
  const lock: DataDirectoryLock = { release: () => undefined }
  return (config: Config): Promise<RunningServer> => startServer(config, { ...overrides, lock })
}
