import { migrate } from '../../db/migrate.ts'
import { openDatabase } from '../../db/open.ts'
import { readSchemaLevel } from '../../db/schema-level.ts'
import type { Task } from './task.ts'

export const databaseTask: Task = {
  id: 'database',
  step: 'storage',
  failure: 'MOOR-SET-032',
  isReturnPoint: true,
  async run({ loadConfig, log, remember }) {
    const config = await loadConfig()
    const database = await openDatabase(config.database, { logger: log })
    try {
      const { state } = await readSchemaLevel(database)
      if (state === 'empty') await remember({ schema: true })
      await migrate(database)
      await database.flush()
    } finally {
      await database.close()
    }
    return config.database.kind === 'sqlite' ? config.database.file : 'PostgreSQL'
  },
}
