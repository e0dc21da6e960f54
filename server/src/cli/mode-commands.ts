import { once } from 'node:events'
import { Command } from 'commander'
import { environment, readConfig } from '../config/read-config.ts'
import { configWarnings } from '../config/config-warnings.ts'
import { openDatabase } from '../db/open.ts'
import { lockDataDirectory } from '../db/data-directory-lock.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { startWorkers } from '../start.ts'
import { createUpgrade } from '../upgrade/upgrade.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import {
  serve,
  serviceOfThisProcess,
  stoppedBySignals,
  withServeOptions,
  type ServeOptions,
} from './serve-command.ts'
import { validateForStart } from './start-validation.ts'

/** Mirroring, and what it cannot do without. */
const mirrorWorkers: ReadonlySet<string> = new Set([
  ...['repository-mirrors', 'org-mirror', 'blob-fetch-sweep', 'read-only-mode'],
  ...['site-connection', 'upstream-facts'],
])

/** The words that Quay's container image takes as its first argument. */
export function modeCommands(): readonly Command[] {
  return [
    withServeOptions(new Command('registry'))
      .description('check the settings as Quay does, then the same as serve')
      .action(async (options: ServeOptions) => {
        await validateForStart(options)
        await serve(options)
      }),
    withServeOptions(new Command('registry-nomigrate'))
      .description('serve on a database that somebody else brings up to date')
      .action(async (options: ServeOptions) => {
        await validateForStart(options)
        await serve({ ...options, migrate: false })
      }),
    withDataOptions(new Command('repomirror'))
      .description('mirror only, beside a registry on the same database')
      .action((options: DataOptions) => runWorkers(options, true)),
    withDataOptions(new Command('repomirror-nomigrate'))
      .description('the same, on a database that somebody else brings up to date')
      .action((options: DataOptions) => runWorkers(options, false)),
    withDataOptions(new Command('migrate'))
      .description('bring the database up to date and end')
      .argument('[version]', 'accepted as Quay does; the database always comes up to this program')
      .action((_version: string | undefined, options: DataOptions) => bringUpToDate(options)),
  ]
}

async function runWorkers(options: DataOptions, withMigration: boolean): Promise<void> {
  const stopping = stoppedBySignals()
  const service = serviceOfThisProcess(stopping.signal)
  const config = await readConfig({ ...dataDirectories(options), env: environment, flags: {} })
  const log = createLogger(config.logLevel)
  for (const warning of configWarnings(config)) log.warn(warning)
  await using workers = await startWorkers(config, {
    ...{ log, migrate: withMigration },
    works: (name) => mirrorWorkers.has(name),
  })
  await service.ready('Working')
  service.watch(workers.answers)
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort')
}

async function bringUpToDate(options: DataOptions): Promise<void> {
  const config = await readConfig({ ...dataDirectories(options), env: environment, flags: {} })
  const log = createLogger(config.logLevel)
  const lock = lockDataDirectory(config.dataDir)
  const upgrade = createUpgrade({ config, clock: systemClock, log })
  try {
    await upgrade.settle()
    const database = await openDatabase(config.database, { logger: log })
    try {
      await upgrade.migrate(database)
      await database.flush()
      await upgrade.confirm()
    } finally {
      await database.close()
    }
  } catch (error) {
    await upgrade.undo()
    throw upgrade.explain(error)
  } finally {
    lock.release()
  }
  process.stdout.write('the database is up to date\n')
}
