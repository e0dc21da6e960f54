import type { AccountRow } from '../features/accounts/account-store.ts'
import { system } from '../features/audit/audit-log.ts'
import type { MirrorSubject } from '../features/mirrors/mirror-service.ts'
import {
  createSiteConnection,
  type SiteConnection,
} from '../features/upstreams/connection-service.ts'
import { createUpstreamFacts } from '../features/upstreams/upstream-facts-service.ts'
import type { RepositoryNameRules } from '../features/repositories/repository-name.ts'
import { createMirrorParts } from '../wiring/mirror-parts.ts'
import { wireUpstream } from '../wiring/upstream.ts'
import { wireAccounts, type AccountServices } from '../wiring/accounts.ts'
import { CommandError } from './command-error.ts'
import type { DataOptions } from './data-options.ts'
import { followConnection } from './follow-connection.ts'
import { withDatabase, type DataParts } from './with-database.ts'

export type MirrorWork = ReturnType<typeof createMirrorParts> & {
  readonly connection: SiteConnection
  readonly people: AccountServices
  readonly names: RepositoryNameRules
  readonly flush: () => Promise<void>
  /** @throws CommandError when there is no such repository */
  readonly subject: (fullName: string) => Promise<MirrorSubject>
  readonly namespace: (name: string) => Promise<AccountRow>
}

/** The workers of a running server find out by themselves. */
const control = { wake: () => undefined, stop: () => undefined }

/** Runs a command on the mirrors of a data directory, whether its server runs or not. */
export async function withMirrors<T>(
  options: DataOptions,
  work: (mirrors: MirrorWork) => Promise<T>,
): Promise<T> {
  return withDatabase(options, async (parts: DataParts) => {
    const { config, database } = parts
    if (!config.features.repoMirror) {
      throw new CommandError('mirroring is off: set FEATURE_REPO_MIRROR to true in config.yaml')
    }
    const connection = createSiteConnection({ db: database.db, log: parts.log })
    await connection.refresh()
    const facts = createUpstreamFacts({ db: database.db, clock: parts.clock })
    const client = wireUpstream({ ...parts, connection, facts })
    await using _following = followConnection({ connection, log: parts.log })
    const people = wireAccounts(parts)
    const namespace = async (name: string) => {
      const found = await people.accounts.findNamespace(name)
      if (found === undefined) throw new CommandError(`there is no organization or user ${name}`)
      return found
    }
    try {
      return await work({
        ...createMirrorParts({ ...parts, people, client, control, connection, facts }),
        people,
        connection,
        names: {
          extended: config.features.extendedRepositoryNames,
          librarySupport: false,
          libraryNamespace: config.libraryNamespace,
        },
        namespace,
        flush: () => database.flush(),
        async subject(fullName) {
          const repository = await people.repositories.find(fullName)
          if (repository === undefined) throw new CommandError(`there is no repository ${fullName}`)
          const [name = ''] = fullName.split('/')
          return { repository, namespace: await namespace(name), actor: system }
        },
      })
    } finally {
      client.close()
      await facts.flush()
    }
  })
}
