import { once } from 'node:events'
import { BackupError } from '../backup/backup-codes.ts'
import { settleRestore } from '../backup/restore-switch.ts'
import type { Config } from '../config/config.ts'
import { configWarnings } from '../config/config-warnings.ts'
import { environment, readConfig } from '../config/read-config.ts'
import type { Restarter } from '../features/appliance/control-service.ts'
import { lockDataDirectory } from '../db/data-directory-lock.ts'
import { settleDeployment } from '../features/config-editor/deploy-bundle.ts'
import { systemNetwork } from '../first-start/host-names.ts'
import { prepareFirstStart, type FirstStartFlags } from '../first-start/quick-start.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogRing } from '../platform/log-ring.ts'
import { createLogger, standardError } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { isSetupWanted, sweepSetup } from '../setup/is-setup-wanted.ts'
import type { OpenSetup } from '../setup/run-setup.ts'
import { startServer, type RunningServer } from '../start.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

export interface RunOptions extends DataOptions, FirstStartFlags {
  readonly host?: string
  /** `false`: the database is somebody else's to bring up to date. */
  readonly migrate?: boolean
  /** Without settings the setup opens first, for people or an answer (MOORING_SETUP=1). */
  readonly setup?: boolean
  /** Started by the desktop shell: the setup proposes what suits one. */
  readonly isDesktop?: boolean
}

export interface RunHooks {
  /** Aborted when the server shall end; it aborts this itself when a superuser asks for that. */
  readonly stopping: AbortController
  /** The page of the setup waits; `onRunning` follows in this same process when it is through. */
  readonly onSetup?: (setup: OpenSetup) => void | Promise<void>
  /** The registry listens. */
  readonly onRunning: (config: Config, server: RunningServer) => void | Promise<void>
}

/**
 * Runs the registry on a data directory until it shall end, for the command line and the desktop
 * shell alike.
 */
export async function runServer(
  options: RunOptions,
  { stopping, onSetup, onRunning }: RunHooks,
): Promise<void> {
  const directories = dataDirectories(options)
  const lock = lockDataDirectory(directories.dataDir)
  const settled = settleRestore({ ...directories, env: environment }).then(() =>
    settleDeployment(directories.configDir),
  )
  const asked = options.setup ?? environment['MOORING_SETUP'] === '1'
  const prepared = settled
    .then(() => undefined, asError)
    .then(async (unsettled) => {
      const isSetup = await isSetupWanted(directories, asked, systemRandom)
      // A restore that the setup began is the setup's to end.
      if (unsettled !== undefined && !(isSetup && isUnfinishedRestore(unsettled))) throw unsettled
      if (isSetup) return 'setup'
      await sweepSetup(directories.dataDir, systemRandom)
      await prepareFirstStart({
        ...directories,
        random: systemRandom,
        clock: systemClock,
        flags: options,
        env: environment,
        network: systemNetwork(),
      })
      return 'server'
    })
  const wanted = await prepared.catch((error: unknown) => {
    lock.release()
    throw error
  })
  if (wanted === 'setup') {
    const { runSetup } = await import('../setup/run-setup.ts')
    const setup = { ...directories, flags: options, env: environment, stopping, onRunning }
    const isDesktop = options.isDesktop ?? false
    const logRing = createLogRing()
    await runSetup({
      ...{ ...setup, isDesktop },
      clock: systemClock,
      random: systemRandom,
      log: createLogger('info', logRing.tap(standardError())),
      registry: { logRing, ...restarter(options) },
      onOpen: onSetup ?? (() => undefined),
    }).finally(() => {
      lock.release()
    })
    return
  }
  const config = await readConfig({ ...directories, env: environment, flags: options })
  const logRing = createLogRing()
  const log = createLogger(config.logLevel, logRing.tap(standardError()))
  for (const warning of configWarnings(config)) log.warn(warning)
  const firstPassword = environment['MOORING_FIRST_PASSWORD']
  await using server = await startServer(config, {
    lock,
    log,
    logRing,
    shutDown: () => {
      stopping.abort()
    },
    migrate: options.migrate ?? true,
    ...restarter(options),
    ...(firstPassword === undefined || firstPassword === '' ? {} : { firstPassword }),
  })
  await onRunning(config, server)
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function isUnfinishedRestore(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'MOOR-BAK-014'
}

/** Only who certainly starts the server again counts. */
function restarter({ isDesktop = false }: RunOptions): { restartedBy?: Restarter } {
  if (isDesktop) return { restartedBy: 'desktop' }
  const isSet = (name: string) => (environment[name] ?? '') !== ''
  // INVOCATION_ID is also inherited by what somebody runs from a service, such as a terminal.
  const isService =
    isSet('NOTIFY_SOCKET') ||
    (isSet('INVOCATION_ID') && !isSet('SHELL')) ||
    isSet('KUBERNETES_SERVICE_HOST')
  return isService ? { restartedBy: 'service-manager' } : {}
}
