import pino from 'pino'
import { beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../../config/config.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import type { AccountRow } from '../../features/accounts/account-store.ts'
import { system } from '../../features/audit/audit-log.ts'
import { createOutgoingService } from '../../features/outgoing/outgoing-service.ts'
import { createUpstreamFacts } from '../../features/upstreams/upstream-facts-service.ts'
import { createProxyCacheService } from '../../features/proxy-cache/proxy-cache-service.ts'
import { systemRandom } from '../../platform/random.ts'
import { createMirrorParts } from '../../wiring/mirror-parts.ts'
import { wireUpstream } from '../../wiring/upstream.ts'
import { wireAccounts, type AccountServices } from '../../wiring/accounts.ts'
import type { ChosenUpstream } from '../first-content.ts'
import { fillUpstream, type Filled, type Filling } from './fill-upstream.ts'

const random = systemRandom
const log = pino({ level: 'silent' })
const clock = { now: () => 1_700_000_000_500 }
const settings = [
  'SERVER_HOSTNAME: registry.example.lan',
  `SECRET_KEY: ${'s'.repeat(43)}`,
  `DATABASE_SECRET_KEY: ${'d'.repeat(43)}`,
  'DB_URI: sqlite:///mooring.db',
  'DISTRIBUTED_STORAGE_CONFIG: {local: [LocalStorage, {storage_path: /nowhere}]}',
  'SSRF_ALLOWED_HOSTS: [192.0.2.0/24]',
  'FEATURE_REPO_MIRROR: true',
  'FEATURE_PROXY_CACHE: true',
  'FEATURE_SPARSE_INDEX: true',
]
const config = loadConfig({
  ...{ configDir: '/nowhere/config', dataDir: '/nowhere', fileText: settings.join('\n') },
  ...{ files: ['ssl.cert', 'ssl.key'], env: {}, flags: {} },
})
const httpsProxy = 'http://192.0.2.9:3128'
const outbound = { kind: 'proxy', httpProxy: null, httpsProxy, noProxy: [] } as const

describeDatabases('what was chosen of an upstream', (open) => {
  let database: Database
  let people: AccountServices
  let filling: Filling
  let parts: ReturnType<typeof createMirrorParts>

  beforeAll(async () => {
    database = await open()
    people = wireAccounts({ config, database, clock, random, log })
    const client = wireUpstream({ config, clock, random })
    const control = { wake: () => undefined, stop: () => undefined }
    parts = createMirrorParts({
      ...{ config, database, clock, random, people, client, control },
      connection: { isDisconnected: () => false },
      facts: createUpstreamFacts({ db: database.db, clock }),
    })
    const proxyCaches = createProxyCacheService({
      ...{
        db: database.db,
        clock,
        upstreams: client,
        outgoing: createOutgoingService({ config: config.outgoing }),
      },
      ...{ secretBox: people.secretBox, audit: people.audit, caches: people.proxyCaches },
    })
    const password = { hash: 'x' }
    const admin = await people.accounts.createUser({ username: 'captain', password }, system)
    const content = { mirrors: parts.mirrors, proxyCaches, flush: () => Promise.resolve() }
    filling = { people, content, outbound, admin, now: clock.now() }
  })

  const upstream = (wanted: Partial<ChosenUpstream>): ChosenUpstream => ({
    ...{ name: 'hub', preset: '', url: 'https://192.0.2.1:5000/group', username: 'me' },
    ...{ password: 'hush', mode: 'schedule', organization: 'mirrored', proxy: null, ca: null },
    ...{ verifyTls: true, bandwidthKiBps: null, content: [] },
    ...wanted,
  })
  const content = (wanted: object = {}) => ({
    ...{ repository: 'app', tags: ['1.*'], newest: null, architectures: [], everyHours: 24 },
    ...wanted,
  })

  async function fill(wanted: Partial<ChosenUpstream>): Promise<readonly Filled[]> {
    const made: Filled[] = []
    for await (const one of fillUpstream(upstream(wanted), filling)) made.push(one)
    return made
  }

  async function mirrorOf(fullName: string) {
    const repository = await people.repositories.find(fullName)
    if (repository === undefined) throw new Error(`there is no ${fullName}`)
    const mirror = await parts.mirrors.get(repository)
    return { repository, mirror }
  }

  it('is a mirror with its login, its proxy and a robot, and is brought in line by a second try', async () => {
    const made = await fill({ content: [content()] })
    expect(made).toEqual([{ what: 'organization mirrored' }, { what: 'mirrored/app' }])
    const first = await mirrorOf('mirrored/app')
    expect(first.repository).toMatchObject({ state: 'MIRROR', visibility: 'private' })
    expect(first.mirror).toMatchObject({
      external_reference: '192.0.2.1:5000/group/app',
      ...{ is_enabled: 1, interval_s: 86_400, start_at: 1_700_000_000_000 },
    })
    expect(parts.settings.credentialsOf(first.mirror)).toMatchObject({ password: 'hush' })
    expect(parts.settings.upstreamOf(first.mirror)).toMatchObject({
      ...{ verify_tls: true, proxy: { https_proxy: 'http://192.0.2.9:3128' } },
    })
    expect(await people.accounts.find('mirrored+mirror')).toMatchObject({ robot: 1 })

    const changed = content({ newest: 3, architectures: ['arm64'], everyHours: 1 })
    await fill({ password: 'new', content: [changed, content({ repository: 'second' })] })
    const { mirror } = await mirrorOf('mirrored/app')
    expect(mirror).toMatchObject({ id: first.mirror.id, is_enabled: 1, interval_s: 3_600 })
    expect(parts.settings.rulesOf(mirror)).toMatchObject({ newest: 3, platforms: ['arm64'] })
    expect(parts.settings.credentialsOf(mirror)).toMatchObject({ password: 'new' })
    await mirrorOf('mirrored/second')
  })

  it('is a cache of the latest address, which says what it does not do', async () => {
    const own = { verifyTls: false, proxy: httpsProxy } as const
    const wanted = { mode: 'cache', organization: 'cached', ...own } as const
    await fill(wanted)
    const made = await fill({ ...wanted, url: 'https://192.0.2.2' })
    expect(made.map(({ what, reason }) => [what, reason !== undefined])).toEqual([
      ['organization cached', false],
      ['cache of 192.0.2.2', false],
      ['cache of 192.0.2.2', true],
      ['cache of 192.0.2.2', true],
    ])
    const { id } = await requireOrganization('cached')
    const cache = await filling.content.proxyCaches.find(id)
    expect(cache).toMatchObject({ upstream_registry: '192.0.2.2', insecure: 0 })
  })

  it('is named with the reason where a rule refuses it, and the rest is made', async () => {
    expect(await fill({ organization: 'captain', content: [content()] })).toEqual([
      { what: 'organization captain', reason: expect.stringContaining('exists') as unknown },
    ])
    const odd = content({ repository: 'Odd' })
    const made = await fill({ organization: 'partly', content: [odd, content()] })
    expect(made.map(({ what, reason }) => [what, reason !== undefined])).toEqual([
      ['organization partly', false],
      ['partly/Odd', true],
      ['partly/app', false],
    ])
  })

  async function requireOrganization(name: string): Promise<AccountRow> {
    const found = await people.organizations.find(name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
})
