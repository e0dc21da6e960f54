import { sql } from 'kysely'
import type { Database } from '../../db/open.ts'
import type { BlobStorage } from '../../storage/storage.ts'

export interface Health {
  readonly services: Readonly<Record<string, boolean>>
  readonly status_code: 200 | 503
}

export type HealthService = ReturnType<typeof createHealthService>

/** What the health routes say (engines, 18); the names are Quay's, because monitors look for them. */
export function createHealthService({
  database,
  storage,
  diskspaceThreshold,
}: {
  database: Database
  storage: BlobStorage
  diskspaceThreshold: number
}) {
  return {
    async instance(): Promise<Health> {
      const [databaseAnswers, diskSpace] = await Promise.all([canQuery(), hasSpace()])
      const services = {
        auth: true,
        database: databaseAnswers,
        disk_space: diskSpace,
        registry_gunicorn: true,
        service_key: true,
        web_gunicorn: true,
      }
      return { services, status_code: Object.values(services).every(Boolean) ? 200 : 503 }
    },
  }

  async function canQuery(): Promise<boolean> {
    return sql`select 1`.execute(database.db).then(
      () => true,
      () => false,
    )
  }

  async function hasSpace(): Promise<boolean> {
    return storage.space().then(
      ({ freeBytes, totalBytes }) => freeBytes >= totalBytes * diskspaceThreshold,
      () => false,
    )
  }
}
