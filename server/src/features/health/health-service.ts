import { sql } from 'kysely'
import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { BlobStorage } from '../../storage/storage.ts'

export interface Health {
  readonly services: Readonly<Record<string, boolean>>
  readonly status_code: 200 | 503
}

export type HealthService = ReturnType<typeof createHealthService>

/** Anybody may ask, so the medium is not written to each time. */
const probedEveryMs = 5_000

/** What the health routes say (engines, 18); the names are Quay's, because monitors look for them. */
export function createHealthService({
  database,
  storage,
  clock,
  random,
  config,
  warnings = () => Promise.resolve({}),
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
  random: Random
  config: Pick<Config, 'registryState' | 'diskspaceHealthThreshold' | 'diskspaceWarningThreshold'>
  /** What else somebody should look after; false is what calls for it. */
  warnings?: () => Promise<Readonly<Record<string, boolean>>>
}) {
  let probe: { readonly at: number; readonly works: Promise<boolean> } | undefined

  return {
    /** Whether this server works. */
    async instance(): Promise<Health> {
      const [databaseAnswers, diskSpace] = await Promise.all([
        canQuery(),
        hasSpace(config.diskspaceHealthThreshold),
      ])
      return judged({
        auth: true,
        database: databaseAnswers,
        disk_space: diskSpace,
        registry_gunicorn: true,
        service_key: true,
        web_gunicorn: true,
      })
    },

    /** Whether everything works that it depends on. Queues and locks need no Redis here. */
    async endToEnd(): Promise<Health> {
      const [databaseAnswers, canStore] = await Promise.all([canQuery(), storageWorks()])
      return judged({ auth: true, database: databaseAnswers, redis: true, storage: canStore })
    },

    /** Whether somebody should look after it soon. */
    async warning(): Promise<Health> {
      return judged({
        disk_space_warning: await hasSpace(config.diskspaceWarningThreshold),
        ...(await warnings()),
      })
    },
  }

  async function canQuery(): Promise<boolean> {
    return sql`select 1`.execute(database.db).then(
      () => true,
      () => false,
    )
  }

  async function hasSpace(threshold: number): Promise<boolean> {
    return storage.space().then(
      ({ freeBytes, totalBytes }) => freeBytes >= totalBytes * threshold,
      () => false,
    )
  }

  function storageWorks(): Promise<boolean> {
    if (config.registryState === 'readonly') return Promise.resolve(true)
    const now = clock.now()
    if (probe === undefined || now - probe.at >= probedEveryMs) {
      probe = { at: now, works: canWrite() }
    }
    return probe.works
  }

  async function canWrite(): Promise<boolean> {
    const id = random.uuid()
    try {
      await storage.createUpload(id)
      await storage.abort(id)
      await storage.check?.()
      return true
    } catch {
      return false
    }
  }
}

function judged(services: Readonly<Record<string, boolean>>): Health {
  return { services, status_code: Object.values(services).every(Boolean) ? 200 : 503 }
}
