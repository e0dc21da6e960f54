import { createMissedPulls, type MissedPulls } from '../features/proxy-cache/missed-pull-service.ts'
import { createBlobFetches } from '../features/copying/blob-fetch-service.ts'
import { createSiteConnection } from '../features/upstreams/connection-service.ts'
import { createEventBus, type EventBus } from '../platform/event-bus.ts'
import { openStorage } from '../storage/open-storage.ts'
import { wireAccounts } from '../wiring/accounts.ts'
import { createBundleParts, type BundleParts } from '../wiring/bundle-parts.ts'
import { wireUpstream } from '../wiring/upstream.ts'
import type { DataOptions } from './data-options.ts'
import { followConnection } from './follow-connection.ts'
import { withDatabase } from './with-database.ts'

export type CommandBundles = BundleParts & {
  readonly bus: EventBus
  readonly isReadOnly: boolean
  /** What was written down of them: a running server adds to it every minute. */
  readonly missedPulls: MissedPulls
}

/** Runs a command on the bundles of a data directory, whether its server runs or not. */
export async function withBundles<T>(
  options: DataOptions,
  work: (bundles: CommandBundles) => Promise<T>,
): Promise<T> {
  return withDatabase(options, async (parts) => {
    const { config, clock, log } = parts
    const { db } = parts.database
    const storage = await openStorage(config.storage, { clock, logger: log })
    const bus = createEventBus()
    const connection = createSiteConnection({ db, log })
    await connection.refresh()
    const client = wireUpstream({ ...parts, connection })
    await using _following = followConnection({ connection, log })
    const fetches = createBlobFetches({
      ...{ database: parts.database, storage, clock, random: parts.random },
      maximumLayerBytes: config.maximumLayerBytes,
      linkLifeMs: config.pushTempTagExpirationMs,
    })
    try {
      const people = wireAccounts(parts)
      const bundles = createBundleParts({
        ...{ ...parts, storage, people, bus, client, fetches },
        isCommand: true,
      })
      const isReadOnly = config.registryState === 'readonly'
      const missedPulls = createMissedPulls({ ...parts, db, isReadOnly: () => isReadOnly })
      return await work({ ...bundles, bus, isReadOnly, missedPulls })
    } finally {
      client.close()
      await fetches.close()
      await storage.close()
    }
  })
}
