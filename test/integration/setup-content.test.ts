import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../support/cli.ts'
import {
  createImage,
  createIndex,
  createOpaqueImage,
  type Content,
  type Image,
} from '../support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import { createRegistryClient, type RegistryClient } from '../support/registry-client.ts'
import {
  applied,
  createSetupClient,
  saveAll,
  startSetup,
  testAnswers,
  type SetupClient,
  type SetupServer,
} from '../support/setup-client.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

interface Line {
  readonly kind: 'content' | 'total'
  readonly repository?: string
  readonly state?: string
  readonly tags: number
  readonly measured: number
  readonly bytes: number
  readonly failure?: { readonly code: string } | null
  readonly freeBytes?: number
  readonly isWhole?: boolean
}
interface SeenMirror {
  readonly repository: string
  readonly state: string
  readonly tagsDone: number
  readonly tagsTotal: number
  readonly failure: { readonly code: string; readonly text: string } | null
}

const folder = createTemporaryFolder('setup-content', { onDisk: true })
const dataDir = folder.join('data')
const [older, newer, newest] = ['1.0', '1.1', '2.0'].map((seed) =>
  createOpaqueImage(seed, [40_000]),
) as [Image, Image, Image]
const chips = ['amd64', 'arm64'].map((architecture) =>
  createImage({
    platform: { os: 'linux', architecture },
    layers: [[{ name: architecture, content: architecture.repeat(1_000) }]],
  }),
)
const [amd64, arm64] = chips as [Image, Image]
const many = createIndex([
  { manifest: amd64.manifest, platform: { os: 'linux', architecture: 'amd64' } },
  { manifest: arm64.manifest, platform: { os: 'linux', architecture: 'arm64' } },
])

let peer: PeerRegistry
let setup: SetupServer
let client: SetupClient
let registry: RegistryClient
let address = ''
let upstreams: readonly Record<string, unknown>[]

beforeAll(async () => {
  ;[peer, setup] = await Promise.all([startPeerRegistry(), startSetup(dataDir)])
  const source = peer.client()
  await source.pushImage('library/app', '1.0', older)
  await source.pushImage('library/app', '1.1', newer)
  await source.pushImage('library/app', '2.0', newest)
  for (const image of chips) await source.pushImage('library/many', image.manifest.digest, image)
  await source.putManifest('library/many', 'latest', many)
  source.close()
  client = createSetupClient(setup.url)
  await client.enter(setup.code)
  upstreams = [
    upstream('peer', 'mirrored', [
      content('library/app', { newest: 2 }),
      content('library/many', { architectures: ['amd64'] }),
    ]),
    { ...upstream('closed', 'lost', [content('library/app')]), password: 'not that' },
    { ...upstream('hub', 'cached', []), mode: 'cache' },
    upstream('taken', 'captain', [content('library/app')]),
  ]
})

afterAll(async () => {
  registry.close()
  client.close()
  await setup.child.stop()
  await peer.stop()
  await folder.remove()
})

function upstream(name: string, organization: string, wanted: readonly object[]) {
  return {
    ...{ name, preset: '', url: peer.url, username: peer.username, password: peer.password },
    ...{ mode: 'schedule', organization, proxy: null, ca: readFileSync(peer.caFile, 'utf8') },
    ...{ verifyTls: true, bandwidthKiBps: null, content: wanted },
  }
}

function content(repository: string, wanted: object = {}) {
  return { repository, tags: ['*'], newest: null, architectures: [], everyHours: 24, ...wanted }
}

const weightOf = (...images: readonly Image[]) =>
  images
    .flatMap(({ manifest, blobs }): readonly Content[] => [manifest, ...blobs])
    .reduce((bytes, one) => bytes + one.bytes.length, 0)

async function estimate(): Promise<readonly Line[]> {
  const values = { mode: 'connected', upstreams: upstreams.slice(0, 3) }
  const answer = await client.api('POST', '/content/estimate', { values })
  if (answer.status !== 200) throw new Error(answer.text)
  const lines = answer.text.trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Line)
}

describe('first content that is only thought of', () => {
  it('is as large as the chosen tags are, and unknown where nobody lets us in', async () => {
    const answers = await testAnswers(dataDir)
    await saveAll(client, answers)
    address = `https://127.0.0.1:${String(answers.network.httpsPort)}`
    const lines = await estimate()
    const last = (repository: string, at: number) =>
      lines.filter((line) => line.repository === repository).at(at)
    const app = lines.filter(({ kind }) => kind === 'content')
    expect(app[0]).toMatchObject({ state: 'running', tags: 0 })
    const whole = { state: 'done', failure: null }
    const bytes = weightOf(newer, newest)
    expect(lines).toContainEqual(
      expect.objectContaining({ ...whole, repository: 'library/app', tags: 2, measured: 2, bytes }),
    )
    const oneOfTwo = many.bytes.length + weightOf(amd64)
    expect(last('library/many', -1)).toMatchObject({ ...whole, tags: 1, bytes: oneOfTwo })
    expect(last('library/app', -1)).toMatchObject({
      ...{ state: 'failed', bytes: 0, failure: { code: 'auth_failed' } },
    })
    const total = lines.at(-1)
    expect(total).toMatchObject({ kind: 'total', isWhole: false, bytes: bytes + oneOfTwo })
    expect(total?.freeBytes).toBeGreaterThan(0)
  })

  it('is refused where two upstreams get in the way of each other', async () => {
    const [first, , third] = upstreams
    const values = {
      mode: 'both',
      upstreams: [
        { ...first, content: [content('library/app'), content('library/app')] },
        { ...third, organization: 'mirrored' },
        { ...first, name: 'odd', content: [content('app:1.0')] },
      ],
    }
    const { errors } = (await client.api('POST', '/steps/mirrors/check', { values })).json() as {
      errors: { field: string }[]
    }
    expect(errors.map(({ field }) => field)).toEqual([
      'upstreams.1.organization',
      'upstreams.0.content.1.repository',
      'upstreams.2.content.0.repository',
    ])
    const free = { ...values, mode: 'disconnected' }
    const disconnected = await client.api('POST', '/steps/mirrors/check', { values: free })
    expect(disconnected.json()).toEqual({ errors: [] })
  })
})

describe('first content that was chosen', () => {
  it('is set up with what can be, and what cannot is named', async () => {
    const saved = await client.save('mirrors', { mode: 'connected', upstreams })
    expect(saved.status).toBe(200)
    const view = await applied(client, [setup.url, address])
    const tasks = view['tasks'] as { id: string; state: string; finding: unknown }[]
    const reason: unknown = expect.stringMatching(/^taken: organization captain: /)
    expect(tasks.find(({ id }) => id === 'organizations')).toMatchObject({
      ...{ state: 'done', finding: { code: 'MOOR-SET-042', facts: { reason } } },
    })
    registry = createRegistryClient({
      ...{ baseUrl: address, ca: readFileSync(join(dataDir, 'config/ca.crt')) },
      ...{ username: 'captain', password: 'harbour-lantern-42' },
    })
  })

  it('is fetched at once, and an upstream that lets nobody in leaves a mirror with its error', async () => {
    const seen = await until(
      'the first runs to end',
      async () => {
        const answer = await client.api('GET', '/content', undefined, address)
        const { mirrors, count } = answer.json() as { mirrors: SeenMirror[]; count: number }
        expect(count).toBe(3)
        const isThrough = mirrors.every(({ state }) => state === 'idle' || state === 'failed')
        return isThrough ? mirrors : undefined
      },
      { timeoutMs: 60_000, everyMs: 100 },
    )
    expect(seen).toMatchObject([
      { repository: 'lost/library/app', state: 'failed', failure: { code: 'auth_failed' } },
      { repository: 'mirrored/library/app', state: 'idle', tagsDone: 2, tagsTotal: 2 },
      { repository: 'mirrored/library/many', state: 'idle', tagsDone: 1, failure: null },
    ])
    expect((await registry.listTags('mirrored/library/app')).json()).toMatchObject({
      tags: ['1.1', '2.0'],
    })
    const there = await registry.headManifest('mirrored/library/many', arm64.manifest.digest)
    expect(there.status).toBe(404)
    await registry.pullBlob('mirrored/library/many', amd64.blobs[0]?.digest ?? '')
  })

  it('comes through a cache when somebody asks', async () => {
    const pulled = await registry.getManifest('cached/library/app', '1.0')
    expect(pulled.status).toBe(200)
    expect(pulled.headers['docker-content-digest']).toBe(older.manifest.digest)
  })

  it('is all that config.yaml had to allow, and no password of an upstream is readable', () => {
    const config = readFileSync(join(dataDir, 'config/config.yaml'), 'utf8')
    for (const line of ['FEATURE_REPO_MIRROR: true', 'FEATURE_PROXY_CACHE: true', '- 127.0.0.1']) {
      expect(config).toContain(line)
    }
    expect(existsSync(join(dataDir, 'config/mirrors.yaml'))).toBe(false)
    expect(existsSync(join(dataDir, 'config/extra_ca_certs/upstream-peer.crt'))).toBe(true)
    for (const file of ['mooring.db', 'mooring.db-wal', 'setup-state.json', 'config/config.yaml']) {
      const bytes = existsSync(join(dataDir, file))
        ? readFileSync(join(dataDir, file))
        : Buffer.of()
      expect(bytes.includes(peer.password)).toBe(false)
    }
  })
})

describe('first content of an answer file', () => {
  it('is there before the registry is started for good', async () => {
    const headless = folder.join('headless')
    const file = folder.join('site.yaml')
    const [first, , , taken] = upstreams
    const mirrors = { mode: 'both', upstreams: [first, taken] }
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ version: 1, ...(await testAnswers(headless)), mirrors }))
    const mooring = (...args: readonly string[]) =>
      runProgram(
        process.execPath,
        [join(projectRoot, 'server/bin/mooring.js'), ...args, '--data', headless],
        { env: { PATH: process.env['PATH'] ?? '' }, cwd: folder.path },
      )
    const said = await mooring('setup', '--answers', file)
    expect(said).toContain('✓ organizations: organizations mirrored, captain')
    expect(said).toMatch(/! organizations: .*taken: organization captain: .*MOOR-SET-042/)
    const listed = await mooring('mirror', 'list', '--json')
    expect(listed).toContain('mirrored/library/app')
    expect(listed).toContain('mirrored/library/many')
    expect(listed).not.toContain('captain/library')
  })
})
