import { access } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config/config.ts'
import { environment, readConfig } from '../config/read-config.ts'
import { openDatabase, type Database } from '../db/open.ts'
import { createExtraTrust } from '../features/outgoing/extra-authorities.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { requireCurrentSchema } from '../upgrade/upgrade.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

const platform = () => ({ clock: systemClock, random: systemRandom, log: createLogger('warn') })

export type DataParts = ReturnType<typeof platform> & {
  readonly config: Config
  readonly database: Database
}

/** Runs a command on a data directory, whether its server runs or not. */
export async function withDatabase<T>(
  options: DataOptions,
  work: (parts: DataParts) => Promise<T>,
): Promise<T> {
  const directories = dataDirectories(options)
  await access(path.join(directories.configDir, 'config.yaml')).catch(() => {
    throw new CommandError(
      `${directories.configDir} holds no config.yaml; start the registry once with "mooring serve", or name its directory with --data`,
    )
  })
  const config = await readConfig({ ...directories, env: environment, flags: {} })
  await createExtraTrust({ ...config, log: createLogger('warn') }).refresh()
  const database = await openDatabase(config.database)
  try {
    await requireCurrentSchema(database)
    const result = await work({ ...platform(), config, database })
    await database.flush()
    return result
  } finally {
    await database.close()
  }
}
