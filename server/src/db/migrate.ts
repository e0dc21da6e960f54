import { Migrator } from 'kysely/migration'

import { dialects } from './dialect.ts'
import { migrations } from './migrations/index.ts'
import type { Database } from './open.ts'

/**
 * Brings the schema up to date, or up to the migration `upTo`; does nothing when it is. Returns the
 * names of what was applied.
 */
export async function migrate({ db, dialect }: Pick<Database, 'db' | 'dialect'>, upTo?: string) {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: () =>
        Promise.resolve(
          Object.fromEntries(
            Object.entries(migrations).map(([name, build]) => [name, build(dialects[dialect])]),
          ),
        ),
    },
  })
  const { error, results = [] } =
    upTo === undefined ? await migrator.migrateToLatest() : await migrator.migrateTo(upTo)
  if (error !== undefined) {
    const failed = results.find((result) => result.status === 'Error')
    throw new Error(
      `database migration failed: ${failed?.migrationName ?? 'before the first step'}`,
      {
        cause: error,
      },
    )
  }
  return results.map((result) => result.migrationName)
}
