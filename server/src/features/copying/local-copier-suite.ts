import { join } from 'node:path'
import pino from 'pino'
import { migrate } from '../../db/migrate.ts'
import { openDatabase } from '../../db/open.ts'
import { systemClock as clock } from '../../platform/clock.ts'
import { systemRandom as random } from '../../platform/random.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import { openDiskStorage } from '../../storage/disk-storage.ts'
import { accountStore } from '../accounts/account-store.ts'
import { createManifestPush } from '../manifests/manifest-push-service.ts'
import { quotaFor } from '../quota/quota-suite.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { tagRulesFor } from '../tags/tag-rules-suite.ts'
import { createBlobFetches } from './blob-fetch-service.ts'
import { createCopier } from './copy-service.ts'

const log = pino({ level: 'silent' })
const holdMs = 3_600_000

/** A copier on a folder of its own, as a process finds it that was killed and starts again. */
export async function openLocalCopier(folder: string) {
  const database = await openDatabase({ kind: 'sqlite', file: join(folder, 'mooring.db') })
  await migrate(database)
  const storage = await openDiskStorage({ path: join(folder, 'storage'), clock, logger: log })
  const parts = { database, storage, clock, random }
  const fetches = createBlobFetches({
    ...{ ...parts, linkLifeMs: holdMs, maximumLayerBytes: 1 << 30 },
  })
  const push = createManifestPush({
    ...{ ...parts, ...tagRulesFor(database), quota: quotaFor(clock), holdMs },
    ...{ acceptsOci: true, acceptsSparse: false },
  })
  const copier = createCopier({
    ...{ ...parts, fetches, push, holdMs, acceptsSparse: false, elapsed: startStopwatch() },
    indexLimits: { sizeBytes: 1 << 20, entries: 1_000 },
  })
  return {
    ...{ copier, storage, database },
    repositoryId: await requireRepository(database.db),

    async close() {
      await fetches.close()
      await storage.close()
      await database.close()
    },
  }
}

async function requireRepository(db: Parameters<typeof accountStore>[0]): Promise<number> {
  const known = await repositoryStore(db).find('acme/app')
  if (known) return known.id
  const now = clock.now()
  const account = await accountStore(db).insert({
    ...{ kind: 'organization', uuid: random.uuid(), username: 'acme', email: null },
    ...{ passwordHash: null, removedTagExpirationMs: 0, createdAt: now },
  })
  const repository = await repositoryStore(db).insert({
    ...{ namespaceId: account?.id ?? 0, name: 'app', fullName: 'acme/app' },
    ...{ visibility: 'private', description: null, createdAt: now },
  })
  if (!repository) throw new Error('acme/app is there already')
  return repository.id
}
