import { once } from 'node:events'
import type { Config } from '../config/config.ts'
import { configWarnings } from '../config/config-warnings.ts'
import { environment, readConfig } from '../config/read-config.ts'
import { lockDataDirectory } from '../db/data-directory-lock.ts'
import { systemNetwork } from '../first-start/host-names.ts'
import { prepareFirstStart, type FirstStartFlags } from '../first-start/quick-start.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { startServer, type RunningServer } from '../start.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

export interface RunOptions extends DataOptions, FirstStartFlags {
  readonly host?: string
  /** `false`: the database is somebody else's to bring up to date. */
  readonly migrate?: boolean
}

export interface RunHooks {
  /** Aborted when the server shall end; it aborts this itself when a superuser asks for that. */
  readonly stopping: AbortController
  /** The registry listens. */
  readonly onRunning: (config: Config, server: RunningServer) => void | Promise<void>
}

/**
 * Runs the registry on a data directory until it shall end, for the command line and the desktop
 * shell alike.
 */
export async function runServer(
  options: RunOptions,
  { stopping, onRunning }: RunHooks,
): Promise<void> {
  const directories = dataDirectories(options)
  const lock = lockDataDirectory(directories.dataDir)
  const prepared = prepareFirstStart({
    ...directories,
    random: systemRandom,
    clock: systemClock,
    flags: options,
    env: environment,
    network: systemNetwork(),
  })
  await prepared.catch((error: unknown) => {
    lock.release()
    throw error
  })
  const config = await readConfig({ ...directories, env: environment, flags: options })
  const log = createLogger(config.logLevel)
  for (const warning of configWarnings(config)) log.warn(warning)
  const firstPassword = environment['MOORING_FIRST_PASSWORD']
  await using server = await startServer(config, {
    lock,
    log,
    shutDown: () => {
      stopping.abort()
    },
    migrate: options.migrate ?? true,
    ...(firstPassword === undefined || firstPassword === '' ? {} : { firstPassword }),
  })
  await onRunning(config, server)
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
}
