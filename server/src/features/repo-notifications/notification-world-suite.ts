import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach } from 'vitest'

import { Secret } from '../../config/config.ts'
import type { OpenTestDatabase } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom } from '../../platform/random.ts'
import { startStopwatch } from '../../platform/stopwatch.ts'
import { accountStore } from '../accounts/account-store.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { createAuditLog, type Actor } from '../audit/audit-log.ts'
import { createNotificationService } from '../notifications/notification-service.ts'
import { repositoryStore, type RepositoryRow } from '../repositories/repository-store.ts'
import { createBell } from './bell-service.ts'
import { createDeliver } from './delivery-service.ts'
import { createDeliveryWork } from './delivery-worker.ts'
import { createNotificationCaller } from './notification-caller.ts'
import type { EventData, NotificationMethod, RepoEvent } from './repo-event.ts'
import { createRepoEvents } from './repo-events-service.ts'
import { createRepoNotifications } from './repo-notification-service.ts'
import { createNotificationSender } from './send-notification.ts'
import { webhookAddresses } from './webhook-address.ts'

const log = pino({ level: 'silent' })
const random = systemRandom
const place = { serverHostname: 'registry.example', urlScheme: 'https' } as const
const audit = {
  ...{ logins: true, loginFailures: false, pushFailures: false, pullFailures: false },
  ...{ deleteFailures: false, disabledNamespaces: ['acme'], pullsDisabledNamespaces: [] },
}

interface Post {
  readonly path: string
  readonly body: unknown
}

/** Notes what it is sent and answers as it is told. */
async function startReceiver() {
  const posts: Post[] = []
  const answers: (number | ((req: IncomingMessage) => Promise<number>))[] = []
  const server = createServer((req, res) => {
    void (async () => {
      posts.push({ path: req.url ?? '', body: JSON.parse(await textOf(req)) as unknown })
      const answer = answers.shift() ?? 200
      const status = typeof answer === 'number' ? answer : await answer(req)
      res.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('x'.repeat(99))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => server.close()
  return { posts, answers, close, url: `http://127.0.0.1:${String(port)}` }
}

/** A repository for every test, a receiver, and a clock that the test turns. */
export function notificationWorld(open: OpenTestDatabase) {
  let db: Db
  let now = 1_000_000
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  let repository: RepositoryRow
  let world: Awaited<ReturnType<typeof build>>

  async function build() {
    const clock = { now: () => now }
    const secretBox = createSecretBox({ secretKey: new Secret('a key'), random })
    const events = createRepoEvents({ clock, random, place })
    const log_ = createAuditLog({
      ...{ db, clock, logger: log, config: { registryState: 'normal', audit } },
      told: (tx, entry) => events.hear(tx, entry),
    })
    const addresses = webhookAddresses({ allowedHosts: ['127.0.0.1'], blockedHosts: [] })
    const bells = createNotificationService({ db, clock, random })
    const bell = createBell({ notifications: bells })
    const account = async (username: string, kind: 'user' | 'organization') =>
      accountStore(db).insert({
        ...{ kind, username, uuid: random.uuid(), email: null, passwordHash: null },
        ...{ removedTagExpirationMs: 0, createdAt: 0 },
      })
    const namespace = await account('acme', 'organization')
    const ada = await account('ada', 'user')
    const bob = await account('bob', 'user')
    if (!namespace || !ada || !bob) throw new Error('the world was not made')
    const notifications = createRepoNotifications({
      ...{ db, clock, random, secretBox, bell, events, addresses },
      audit: log_,
    })
    const step = (timeoutMs = 2_000, proxy = {}) => {
      const deliver = createDeliver({
        ...{ db, clock, log, elapsed: startStopwatch, secretBox, bell, addresses, timeoutMs },
        asked: () => undefined,
        match: () => Promise.resolve(true),
        send: createNotificationSender({
          caller: createNotificationCaller({ addresses, proxy, timeoutMs }),
          mail: { enabled: false, send: () => Promise.reject(new Error('there is no mail')) },
          pair: () => undefined,
          config: {
            notifications: {
              ...{ sendTimeoutMs: timeoutMs, expiryEveryMs: 1 },
              ...{ flowdockUrl: `${receiver.url}/flow/`, hipchatUrl: `${receiver.url}/hip` },
            },
            mail: { server: '', port: 25, useTls: false, sender: 'a@example.com' },
            interface: {
              ...{ title: 'Mooring', titleShort: 'Mooring', avatarKind: 'local' },
              ...{ contactInfo: [], branding: {}, footerLinks: {} },
            },
          },
        }),
      })
      const isResting = () => false
      return createDeliveryWork({ db, clock, elapsed: startStopwatch, deliver, isResting }).step
    }
    return { log: log_, notifications, step, namespace, ada, bob, bells, events }
  }

  const actor = (): Actor => ({
    principal: {
      ...{ kind: 'user', id: world.ada.id, username: 'ada' },
      ...{ isSuperUser: false, isGlobalReadonly: false, isRestricted: false },
    },
  })

  const where = () => ({ repository, namespace: world.namespace })
  const create = (
    config: EventData,
    {
      event = 'repo_push',
      method = 'webhook',
      eventConfig = {},
    }: {
      event?: RepoEvent
      method?: NotificationMethod
      eventConfig?: EventData
    } = {},
  ) =>
    world.notifications.create(where(), actor(), {
      event,
      method,
      config,
      eventConfig,
      title: null,
    })

  const push = (tag: string, tags?: readonly string[]) =>
    world.log.recordIn(db, {
      kind: 'push_repo',
      account: world.namespace,
      actor: actor(),
      repositoryId: repository.id,
      metadata: { repo: 'web', namespace: 'acme', tag },
      ...(tags && { tags }),
    })

  const failuresOf = async (uuid: string) => (await world.notifications.get(where(), uuid)).failures
  const lastOf = async (uuid: string) => {
    const [last] = await world.notifications.deliveries(where(), uuid)
    if (last === undefined) throw new Error('nothing was queued')
    return last
  }

  beforeAll(async () => {
    ;({ db } = await open())
    receiver = await startReceiver()
    world = await build()
  })
  afterAll(() => {
    receiver.close()
  })

  let count = 0
  beforeEach(async () => {
    await db.deleteFrom('repositorynotification').execute()
    await db.deleteFrom('notification').execute()
    await db.deleteFrom('team').execute()
    receiver.posts.length = 0
    const name = `web${String(++count)}`
    const made = await repositoryStore(db).insert({
      ...{ namespaceId: world.namespace.id, name, fullName: `acme/${name}` },
      ...{ visibility: 'private', description: null, createdAt: 0 },
    })
    const [row] = await repositoryStore(db).listByIds([made?.id ?? 0])
    if (!row) throw new Error('the repository was not made')
    repository = row
  })

  return {
    get db() {
      return db
    },
    get receiver() {
      return receiver
    },
    get repository() {
      return repository
    },
    get world() {
      return world
    },
    ...{ actor, where, create, push, failuresOf, lastOf },
    pass(milliseconds: number): void {
      now += milliseconds
    },
  }
}
