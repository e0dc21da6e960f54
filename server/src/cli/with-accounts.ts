import { access } from 'node:fs/promises'
import path from 'node:path'
import { environment, readConfig } from '../config/read-config.ts'
import { migrate } from '../db/migrate.ts'
import { openDatabase } from '../db/open.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { wireAccounts, type AccountServices } from '../wiring.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

/** Runs a command on the accounts of a data directory, whether its server runs or not. */
export async function withAccounts<T>(
  options: DataOptions,
  work: (services: AccountServices) => Promise<T>,
): Promise<T> {
  const directories = dataDirectories(options)
  await access(path.join(directories.configDir, 'config.yaml')).catch(() => {
    throw new CommandError(
      `${directories.configDir} holds no config.yaml; start the registry once with "mooring serve", or name its directory with --data`,
    )
  })
  const config = await readConfig({ ...directories, env: environment, flags: {} })
  const database = await openDatabase(config.database)
  try {
    await migrate(database)
    const services = wireAccounts({
      config,
      database,
      clock: systemClock,
      random: systemRandom,
      log: createLogger('warn'),
    })
    const result = await work(services)
    await database.flush()
    return result
  } finally {
    await database.close()
  }
}
