import { startTestServer, type TestServer } from './server.ts'
import { createTemporaryFolder } from './temporary.ts'
import { createWorld, people, type World } from './world.ts'

type Config = Readonly<Record<string, unknown>>

/** Every switch that adds routes, and everybody in the part that the world's names promise. */
const everything: Config = {
  SUPER_USERS: ['quay'],
  GLOBAL_READONLY_SUPER_USERS: ['auditor'],
  FEATURE_RESTRICTED_USERS: true,
  RESTRICTED_USERS_WHITELIST: people.filter((name) => name !== 'restricted'),
  FEATURE_IMAGE_PULL_STATS: true,
  FEATURE_IMMUTABLE_TAGS: true,
  FEATURE_REPO_MIRROR: true,
  FEATURE_ORG_MIRROR: true,
  FEATURE_PROXY_CACHE: true,
  FEATURE_TEAM_SYNCING: true,
  FEATURE_USER_INITIALIZE: true,
  FEATURE_SUPERUSER_CONFIGDUMP: true,
  FEATURE_MAILING: true,
  PERMANENTLY_DELETE_TAGS: true,
  // Nobody listens there: sending fails at once.
  MAIL_SERVER: '127.0.0.1',
  MAIL_PORT: 9,
}

export interface WorldServers extends AsyncDisposable {
  readonly world: World
  /** Starts the server on the world's data, one at a time, with everything on. */
  open(config?: Config): Promise<TestServer>
}

/** Builds the world on a server of its own, whose data the servers of a test then share. */
export async function prepareWorld(database: Config = {}): Promise<WorldServers> {
  const folder = createTemporaryFolder('world')
  const start = (config: Config) =>
    startTestServer({
      dataDir: folder.join('data'),
      env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ ...database, ...config }) },
    })
  try {
    await using server = await start({ SUPER_USERS: ['quay'], FEATURE_IMMUTABLE_TAGS: true })
    const world = await createWorld(server)
    return {
      world,
      open: (config = {}) => start({ ...everything, ...config }),
      [Symbol.asyncDispose]: () => folder.remove(),
    }
  } catch (error) {
    await folder.remove()
    throw error
  }
}
