import type { ServerResponse } from 'node:http'
import { pino } from 'pino'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'

import { Secret } from '../../config/secret.ts'
import { sqliteOpener } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom } from '../../platform/random.ts'
import { localClient, startLocalServer } from '../../upstream/local-upstream-suite.ts'
import { accountStore } from '../accounts/account-store.ts'
import { deletedNamespaceStore } from '../accounts/deleted-namespace-store.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { createCopyingWorld, imageFor, type CopyingWorld } from '../copying/copying-world-suite.ts'
import { syncStatus } from '../mirrors/mirror-status.ts'
import { orgMirrorRepositoryStore } from './org-mirror-repository-store.ts'
import { orgMirrorStore } from './org-mirror-store.ts'
import { createOrgMirrorSync } from './org-mirror-sync.ts'
import { createRepositoryMaking } from './repository-making-service.ts'

const never = new AbortController().signal
const now = 1_800_000_000_000
const clock = { now: () => now }
const open = sqliteOpener()

/** The registry that is mirrored; a test may answer instead of it. */
type Answer = (url: string, res: ServerResponse) => boolean | Promise<boolean>
const images = new Map(
  ['v1', 'v2'].map((tag) => [tag, imageFor({ os: 'linux', architecture: 'amd64' }, tag)]),
)
const here = '/v2/lab/tool'

async function respond(answer: Answer, url: string, res: ServerResponse): Promise<void> {
  if (await answer(url, res)) return
  const name = url.slice(url.lastIndexOf('/') + 1)
  const found = [...images].find(([tag, { manifest }]) => tag === name || manifest.digest === name)
  const blob = [...images.values()].flatMap(({ blobs }) => blobs).find((one) => one.digest === name)
  if (url === '/v2/') res.end('{}')
  else if (url.startsWith(`${here}/tags/list`)) {
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify({ name: 'lab/tool', tags: [...images.keys()] }))
  } else if (url.startsWith(`${here}/manifests/`) && found !== undefined) {
    const { bytes, digest, mediaType } = found[1].manifest
    const headers = { 'content-type': mediaType, 'docker-content-digest': digest }
    res.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes)
  } else if (blob !== undefined) {
    res.writeHead(200, { 'content-length': blob.bytes.length }).end(blob.bytes)
  } else res.writeHead(404).end('{}')
}

describe('a repository of an organization that is mirrored', () => {
  let db: Db
  let mirrorId: number
  let world: CopyingWorld
  let answer: Answer
  const registry = startLocalServer((req, res) => {
    void respond(answer, req.url ?? '', res)
  })
  const client = localClient()

  afterAll(async () => {
    client.close()
    await (await registry).close()
  })
  afterEach(() => world.close())
  beforeEach(async () => {
    answer = () => false
    const database = await open()
    ;({ db } = database)
    world = await createCopyingWorld(database)
    const account = (username: string, robot: 0 | 1) =>
      db
        .insertInto('user')
        .values({
          ...{ uuid: username, username, email: null, password_hash: null, robot },
          ...{ removed_tag_expiration_s: 0, created_at: now, last_accessed: null },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
    const organization = await accountStore(db).find('acme')
    const robot = await account('acme+mirror', 1)
    const mirror = await orgMirrorStore(db).insert({
      ...{
        organization_id: organization?.id ?? 0,
        robot_user_id: robot.id,
        registry_type: 'harbor',
      },
      ...{ registry_url: `http://${(await registry).host}`, external_namespace: 'lab' },
      ...{ username_encrypted: null, password_encrypted: null, upstream_json: '{}' },
      ...{ filters_json: '[]', visibility: 'private', is_enabled: 1, interval_s: 60 },
      ...{ timeout_s: 1, start_at: now, status: syncStatus.success, retries: 3 },
      ...{ transaction_id: 'one', created_at: now },
    })
    mirrorId = mirror?.id ?? 0
    const entries = orgMirrorRepositoryStore(db)
    await entries.insert({ mirrorId, name: 'tool', retries: 3, transactionId: 'two', now })
    await entries.requestAll(mirrorId, 'three')
  })

  function sync() {
    const random = systemRandom
    const rules = {
      ...{ logins: false, loginFailures: false, pushFailures: false, pullFailures: false },
      ...{ deleteFailures: false, disabledNamespaces: [], pullsDisabledNamespaces: [] },
    }
    const audit = createAuditLog({
      ...{ db, clock, logger: pino({ level: 'silent' }) },
      config: { registryState: 'normal', audit: rules },
    })
    const names = { extended: true, librarySupport: false, libraryNamespace: 'library' }
    return createOrgMirrorSync({
      ...{ db, clock, random, audit },
      secretBox: createSecretBox({ secretKey: new Secret('1234'), random }),
      outgoing: {
        check: (url) =>
          Promise.resolve({
            ...({ kind: 'allowed', url: new URL(url), address: undefined } as const),
            addresses: [],
          }),
      },
      ...{ client, copier: world.copier },
      making: createRepositoryMaking({ db, clock, audit, names }),
    }).step(never)
  }

  const entryNow = async () => (await orgMirrorRepositoryStore(db).page(mirrorId, all))[0]
  const all = { offset: 0, limit: 10 }

  /** That came. */
  async function tags() {
    const { id } = await db
      .selectFrom('repository')
      .select('id')
      .where('name', '=', 'tool')
      .executeTakeFirstOrThrow()
    const found = await Promise.all(
      [...images.keys()].map(async (tag) => (await world.tagged(id, tag)) && tag),
    )
    return found.filter((tag) => tag !== undefined)
  }

  async function deleteOrganization() {
    const mirror = await orgMirrorStore(db).findById(mirrorId)
    await deletedNamespaceStore(db).insert({
      ...{ namespace_user_id: mirror?.organization_id ?? 0, original_username: 'acme' },
      ...{ original_email: null, marked_at: now, purge_after: now },
    })
  }

  it('is not begun any more when its organization is being deleted', async () => {
    expect(await orgMirrorRepositoryStore(db).countEligible(now, 10)).toBe(1)
    await deleteOrganization()
    expect(await orgMirrorRepositoryStore(db).countEligible(now, 10)).toBe(0)
    expect(await sync()).toBeUndefined()
  })

  it('does not wait longer for a tag than it was told to, and goes on with the others', async () => {
    answer = (url) => url === `${here}/manifests/v1`
    expect(await sync()).toMatchObject({ ending: 'failure' })
    expect(await tags()).toEqual(['v2'])
    expect(await entryNow()).toMatchObject({
      ...{ status: syncStatus.failed, message: 'Sync failed: 1/2 tags failed' },
    })
  })

  it('does not wait longer for the list either', async () => {
    answer = (url) => url.startsWith(`${here}/tags/list`)
    expect(await sync()).toMatchObject({ ending: 'failure' })
    expect(await entryNow()).toMatchObject({
      message: 'It took longer than 1 seconds; what came is kept',
    })
  })

  it.each([
    ['was called off', () => orgMirrorStore(db).cancel(mirrorId, 'four', now)],
    ['is there no more', () => orgMirrorStore(db).delete(mirrorId)],
    ['has lost its organization', () => deleteOrganization()],
  ])('gets no tag any more once the mirror %s', async (_what, end) => {
    answer = async (url) => {
      if (url === `${here}/manifests/v2`) await end()
      return false
    }
    expect(await sync()).toMatchObject({ ending: 'cancelled' })
    expect(await tags()).toEqual(['v1'])
  })
})
