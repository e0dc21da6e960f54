import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createOpaqueImage, type Image } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const systemQuota = 10 * 2 ** 30

let server: TestServer
let root: ApiClient
let registry: RegistryClient
let ada: Person
let bob: Person
beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        DEFAULT_TAG_EXPIRATION: '0s',
        GARBAGE_COLLECTION_FREQUENCY: 1,
        QUOTA_TOTAL_DELAY_SECONDS: 0,
        QUOTA_BACKFILL_POLL_PERIOD: 1,
      }),
    },
  })
  root = await server.signedIn()
  ada = await signUp(server, root, 'ada')
  bob = await signUp(server, root, 'bob')
  await ada.api.post('/api/v1/organization/', { name: 'acme', email: 'ops@acme.example' }, 201)
  registry = server.client(ada)
})
afterAll(() => server.stop())

/** With these keys of config.yaml set to something else than before. */
async function restartWith(keys: Readonly<Record<string, unknown>>) {
  const file = join(server.dataDir, 'config/config.yaml')
  const kept = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !Object.keys(keys).some((key) => line.startsWith(`${key}:`)))
  const set = Object.entries(keys).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  writeFileSync(file, [...kept, ...set, ''].join('\n'))
  await server.restart()
}

const sizeOf = (...images: readonly Image[]) => {
  const blobs = new Map(images.flatMap(({ blobs }) => blobs.map((blob) => [blob.digest, blob])))
  return [...blobs.values()].reduce((sum, { bytes }) => sum + bytes.length, 0)
}

/** Of the same seed, so the first layers are the same. */
const small = createOpaqueImage('shop', [1_000])
const large = createOpaqueImage('shop', [1_000, 20_000])
const other = createOpaqueImage('tools', [500])

interface Quota {
  readonly quotas?: unknown
  readonly quota_report?: {
    readonly quota_bytes: number
    readonly configured_quota: number | null
    readonly backfill_status?: string
  }
}
interface Listed extends Quota {
  readonly name: string
}

const organization = async (client = ada.api) =>
  (await client.get('/api/v1/organization/acme')) as Quota
const repositories = async () =>
  ((await ada.api.get('/api/v1/repository?namespace=acme')) as { repositories: Listed[] })
    .repositories
const bytesOf = async () => (await organization()).quota_report?.quota_bytes
const statusOf = async () => (await organization()).quota_report?.backfill_status

const complete = (bytes: number) => ({
  quotas: [],
  quota_report: {
    quota_bytes: bytes,
    configured_quota: systemQuota,
    running_backfill: 'complete',
    backfill_status: 'complete',
  },
})

describe('without quotas', () => {
  it('no view says anything about them', async () => {
    await registry.pushImage('acme/web', 'small', small)
    await registry.pushImage('acme/tools', 'latest', other)
    await registry.pushImage('ada/own', 'latest', small)
    const views = [
      await organization(),
      await ada.api.get('/api/v1/user/'),
      await root.get('/api/v1/superuser/users/ada'),
      ...((await root.get('/api/v1/superuser/users/')) as { users: object[] }).users,
      ...((await root.get('/api/v1/superuser/organizations/')) as { organizations: object[] })
        .organizations,
      ...(await repositories()),
    ]
    expect(views.length).toBeGreaterThan(7)
    for (const view of views) {
      expect(view).not.toHaveProperty('quota_report')
      expect(view).not.toHaveProperty('quotas')
    }
    expect(await server.api().get('/config')).toMatchObject({
      config: { FEATURE_QUOTA_MANAGEMENT: false, FEATURE_EDIT_QUOTA: true, QUOTA_BACKFILL: true },
      features: { QUOTA_MANAGEMENT: false, EDIT_QUOTA: true, QUOTA_SUPPRESS_FAILURES: false },
    })
  })
})

describe('once quotas are on', () => {
  beforeAll(() =>
    restartWith({
      FEATURE_QUOTA_MANAGEMENT: true,
      DEFAULT_SYSTEM_REJECT_QUOTA_BYTES: systemQuota,
    }),
  )
  const counted = () =>
    until('the count', async () => ((await statusOf()) === 'complete' ? true : undefined))

  it('what was there already is counted', async () => {
    await counted()
    expect(await organization()).toMatchObject(complete(sizeOf(small, other)))
    await until('the repositories', async () =>
      (await repositories()).every(({ quota_report }) => quota_report?.quota_bytes !== 0)
        ? true
        : undefined,
    )
    const report = (bytes: number) => ({ quota_bytes: bytes, configured_quota: systemQuota })
    const reports = (await repositories()).map(({ name, quota_report }) => [name, quota_report])
    expect(reports).toEqual([
      ['web', report(sizeOf(small))],
      ['tools', report(sizeOf(other))],
    ])
    expect(await server.api().get('/config')).toMatchObject({
      config: { FEATURE_QUOTA_MANAGEMENT: true },
      features: { QUOTA_MANAGEMENT: true, VERIFY_QUOTA: false },
    })
  })

  it('people see it of themselves, members of their organization, superusers of everybody', async () => {
    const own = complete(sizeOf(small))
    expect(await ada.api.get('/api/v1/user/')).toMatchObject(own)
    expect(await ada.api.get('/api/v1/users/ada')).toMatchObject(own)
    expect(await bob.api.get('/api/v1/users/ada')).not.toHaveProperty('quota_report')
    expect(await organization(bob.api)).not.toHaveProperty('quota_report')
    expect(await root.get('/api/v1/superuser/users/ada')).toMatchObject(own)
    const { users } = (await root.get('/api/v1/superuser/users/')) as { users: Listed[] }
    expect(users.find(({ name }) => name === 'ada')).toMatchObject(own)
    expect(users.find(({ name }) => name === 'bob')).toMatchObject(complete(0))
    const acme = { name: 'acme', ...complete(sizeOf(small, other)) }
    const all = (await root.get('/api/v1/superuser/organizations/?limit=5')) as object
    expect(all).toMatchObject({ organizations: [acme] })
    expect(await root.put('/api/v1/superuser/organizations/acme', {})).toMatchObject(acme)
  })

  it('layers that are shared count once, in the namespace and in each repository', async () => {
    await registry.pushImage('acme/web', 'large', large)
    await registry.pushImage('acme/tools', 'shop', small)
    expect(await bytesOf()).toBe(sizeOf(small, large, other))
    const [web, tools] = await repositories()
    expect(web?.quota_report?.quota_bytes).toBe(sizeOf(small, large))
    expect(tools?.quota_report?.quota_bytes).toBe(sizeOf(small, other))
    // The same once more, under another name, changes nothing.
    await registry.putManifest('acme/web', 'again', large.manifest)
    expect(await bytesOf()).toBe(sizeOf(small, large, other))
  })

  it('a new repository is right from its first push on', async () => {
    await registry.pushImage('acme/fresh', 'latest', other)
    const fresh = (await repositories()).find(({ name }) => name === 'fresh')
    expect(fresh?.quota_report?.quota_bytes).toBe(sizeOf(other))
    expect(await bytesOf()).toBe(sizeOf(small, large, other))
  })

  it('what is collected is taken off', async () => {
    await ada.api.delete('/api/v1/repository/acme/web/tag/large')
    await ada.api.delete('/api/v1/repository/acme/web/tag/again')
    const left = sizeOf(small, other)
    await until('the collection', async () => ((await bytesOf()) === left ? true : undefined))
    expect((await repositories())[0]?.quota_report?.quota_bytes).toBe(sizeOf(small))

    await ada.api.delete('/api/v1/repository/acme/tools')
    await ada.api.delete('/api/v1/repository/acme/fresh')
    await until('the purge', async () => ((await bytesOf()) === sizeOf(small) ? true : undefined))
  })

  it('what changes while they are off is counted when they are on again', async () => {
    await restartWith({ FEATURE_QUOTA_MANAGEMENT: false })
    await registry.pushImage('acme/web', 'large', large)
    expect(await organization()).not.toHaveProperty('quota_report')
    await restartWith({ FEATURE_QUOTA_MANAGEMENT: true, QUOTA_BACKFILL: false })
    expect(await organization()).toMatchObject({
      quota_report: { quota_bytes: 0, running_backfill: 'waiting', backfill_status: 'waiting' },
    })
    expect(await ada.api.get('/api/v1/user/')).toMatchObject(complete(sizeOf(small)))
    await restartWith({ QUOTA_BACKFILL: true })
    await counted()
    expect(await bytesOf()).toBe(sizeOf(small, large))
  })

  it('without FEATURE_EDIT_QUOTA the sizes are kept and not shown', async () => {
    await restartWith({ FEATURE_EDIT_QUOTA: false })
    await registry.pushImage('acme/web', 'other', other)
    expect(await organization()).not.toHaveProperty('quota_report')
    expect((await repositories())[0]).not.toHaveProperty('quota_report')
    await restartWith({ FEATURE_EDIT_QUOTA: true, DEFAULT_SYSTEM_REJECT_QUOTA_BYTES: 0 })
    expect((await organization()).quota_report).toMatchObject({
      quota_bytes: sizeOf(small, large, other),
      configured_quota: null,
    })
  })
})
