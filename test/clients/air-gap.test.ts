import { copyFileSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createClientHome,
  isDistribution,
  type ClientHome,
  type ClientRegistry,
} from '../support/client-bench.ts'
import { createImage, randomBytesOf, type Image } from '../support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../support/peer-registry.ts'
import {
  startPrivateNetwork,
  whyNoPrivateNetworks,
  type PrivateNetwork,
} from '../support/private-network.ts'
import { readOciLayout } from '../support/oci-layout.ts'
import { hasPrograms } from '../support/programs.ts'
import { writeImageLayout } from '../support/sample-images.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

/** No transparency log: it would be a service on the internet. */
const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes']
const asTag = '--new-bundle-format=false'
const trusted = ['--key', 'cosign.pub', '--insecure-ignore-tlog=true']
const statement = 'https://test.example/made'
const billOfMaterials = 'application/spdx+json'
const noPassword = { COSIGN_PASSWORD: '' }

const programs = ['podman', 'skopeo', 'docker-registry', 'cosign', 'oras', 'crane', 'curl']
const reason = isDistribution
  ? 'the registry under test is no Mooring'
  : process.getuid?.() !== 0 || !hasPrograms(...programs)
    ? `root, and ${programs.join(', ')}, are needed`
    : whyNoPrivateNetworks()
if (reason !== undefined) {
  process.stdout.write(`images across a real gap are left out: ${reason}\n`)
}

/** Of curl: there is nobody, or no way. */
const cannotConnect = 7
const both = ['acme/web', 'acme/tool']

interface PublicKey {
  readonly publicKey: string
}

const contentOf = ({ manifest, blobs }: Image) =>
  [manifest, ...blobs].map(({ digest }) => digest).sort()

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** One side of the gap: its network, and its clients in it. */
interface Side extends AsyncDisposable {
  readonly home: ClientHome
  run(program: string, ...args: string[]): Promise<string>
  attempt(program: string, ...args: string[]): Promise<{ code: number | null; stderr: string }>
}

function sideOf(network: PrivateNetwork, home: ClientHome): Side {
  const within = network.enter(home.folder.path).slice(1)
  const env = noPassword
  return {
    home,
    run: (program, ...args) => home.run('nsenter', [...within, program, ...args], { env }),
    attempt: (program, ...args) => home.attempt('nsenter', [...within, program, ...args], { env }),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  }
}

describe.skipIf(reason !== undefined)('images across a gap that no packet crosses', () => {
  const connectedFolder = createTemporaryFolder('connected')
  const siteFolder = createTemporaryFolder('site')
  const base = randomBytesOf('base of web', 400_000).toString('base64')
  const firstImage = createImage({ layers: [[{ name: 'base', content: base }]] })
  const changedLayer = randomBytesOf('changed layer', 60_000).toString('base64')
  const secondImage = createImage({
    layers: [[{ name: 'base', content: base }], [{ name: 'own', content: changedLayer }]],
  })
  const tool = createImage({ layers: [[{ name: 'tool', content: 'tool\n' }]] })
  const late = createImage({ layers: [[{ name: 'late', content: 'late\n' }]] })

  const stack = new AsyncDisposableStack()
  let peer: PeerRegistry
  let upstream: TestServer
  let connected: TestServer
  let site: TestServer
  let near: Side
  let far: Side

  const push = (host: string, name: string, image: Image) =>
    near.run(
      'skopeo',
      'copy',
      '--quiet',
      writeImageLayout(join(near.home.folder.path, name.replaceAll(/\W/g, '-')), image),
      `docker://${host}/${name}`,
    )
  const json = async (server: TestServer, command: string[], args: string[] = []) =>
    JSON.parse(await server.mooring(command, [...args, '--json'])) as Record<string, unknown>
  /** The only thing that ever goes from one side to the other, and back. */
  const carry = (name: string) => {
    cpSync(connectedFolder.join('out', name), siteFolder.join('in', name), { recursive: true })
    return siteFolder.join('in', name)
  }
  const carryBack = (name: string) => {
    copyFileSync(siteFolder.join('out', name), connectedFolder.join('in', name))
    return connectedFolder.join('in', name)
  }
  const follow = async (
    name: string,
    { host, username, password }: ClientRegistry,
    from: string,
    tags: string,
  ) => {
    const passwordFile = connectedFolder.join(`password-${username}`)
    writeFileSync(passwordFile, `${password}\n`)
    const login = ['--username', username, '--password-file', passwordFile]
    const where = ['--from', `${host}/${from}`, '--tag', tags]
    await connected.mooring(['mirror', 'create', name], [...where, ...login])
    await connected.mooring(['mirror', 'sync', name])
  }
  const handReceiptBack = async (name: string) => {
    await site.mooring(['bundle', 'receipt'], ['--out', siteFolder.join('out', name)])
    await connected.mooring(['bundle', 'receipt'], ['--add', carryBack(name)])
  }
  const digestBeyond = async (name: string) =>
    (
      await far.run('skopeo', 'inspect', '--format', '{{.Digest}}', `docker://${site.host}/${name}`)
    ).trim()

  beforeAll(async () => {
    for (const folder of [connectedFolder, siteFolder]) {
      for (const name of ['data', 'in', 'out']) mkdirSync(folder.join(name))
      stack.use(folder)
    }
    const [here, there] = await Promise.all([
      startPrivateNetwork({ address: '192.0.2.1', hidden: [siteFolder.path] }),
      startPrivateNetwork({ address: '192.0.2.2', hidden: [connectedFolder.path] }),
    ])
    stack.use(here)
    stack.use(there)
    const settings = { FEATURE_REPO_MIRROR: true, SSRF_ALLOWED_HOSTS: ['127.0.0.1'] }
    const of = (network: PrivateNetwork, dataDir?: string): TestServerOptions => ({
      ...{ network, host: network.address, hostname: network.address },
      ...(dataDir !== undefined && { dataDir }),
      env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'], ...settings }) },
    })
    ;[peer, upstream, connected, site] = await Promise.all([
      startPeerRegistry({ network: here }),
      startTestServer({ network: here }),
      startTestServer(of(here, connectedFolder.join('data'))),
      startTestServer(of(there, siteFolder.join('data'))),
    ])
    for (const registry of [peer, upstream, connected, site]) stack.use(registry)
    near = stack.use(sideOf(here, createClientHome([peer, upstream, connected])))
    far = stack.use(sideOf(there, createClientHome([site])))

    // Commands do not see what the environment told the server.
    const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    await appendFile(connectedFolder.join('data/config/config.yaml'), `${lines.join('\n')}\n`)
    const authorities = connectedFolder.join('data/config/extra_ca_certs')
    mkdirSync(authorities, { recursive: true })
    copyFileSync(peer.caFile, join(authorities, 'peer.crt'))
    copyFileSync(upstream.caFile, join(authorities, 'upstream.crt'))
  })
  afterAll(() => stack[Symbol.asyncDispose]())

  it('begin where no route leads to the other side', async () => {
    const statusOf = ['-sSk', '--max-time', '5', '-o', '/dev/null', '-w', '%{http_code}']
    const ask = ({ host }: TestServer) => [...statusOf, `https://${host}/v2/`]
    expect(await near.run('curl', ...ask(connected))).toBe('401')
    expect(await far.run('curl', ...ask(site))).toBe('401')
    for (const [side, other] of [
      [near, site],
      [far, connected],
    ] as const) {
      expect(await side.attempt('curl', ...ask(other))).toMatchObject({ code: cannotConnect })
      const route = await side.attempt('ip', 'route', 'get', other.host.split(':')[0] ?? '')
      expect(route.stderr).toContain('Network is unreachable')
    }
    // Nor does a disk.
    expect(await far.run('ls', connectedFolder.path)).toBe('')
  })

  it('are mirrored there, with what was signed and said about them', async () => {
    await near.run('cosign', 'generate-key-pair')
    const key = ['--key', 'cosign.key']
    const web = `${peer.host}/library/web@${firstImage.manifest.digest}`
    const tools = `${upstream.host}/quay/tool@${tool.manifest.digest}`
    writeFileSync(near.home.folder.join('made.json'), '{"made":"by a test"}')
    writeFileSync(near.home.folder.join('sbom.json'), '{"spdxVersion":"SPDX-2.3"}')
    const predicate = ['--predicate', 'made.json', '--type', statement]
    await push(peer.host, 'library/web:v1', firstImage)
    await push(upstream.host, 'quay/tool:1.0', tool)
    // The one has signatures beside its images, as tags; the other as referrers.
    await near.run('cosign', 'sign', ...offline, ...key, asTag, web)
    await near.run('cosign', 'attest', ...offline, ...key, ...predicate, asTag, web)
    await near.run('cosign', 'sign', ...offline, ...key, tools)
    await near.run('oras', 'attach', '--artifact-type', billOfMaterials, tools, 'sbom.json')

    await connected.mooring(['org', 'add', 'acme'], ['--owner', 'quay'])
    await Promise.all([
      follow('acme/web', peer, 'library/web', 'v*'),
      follow('acme/tool', upstream, 'quay/tool', '1.*'),
      push(connected.host, 'acme/late:v1', late),
    ])
  })

  it('are written to a folder, which is all that the other side gets', async () => {
    const out = connectedFolder.join('out/first')
    const key = (await json(connected, ['bundle', 'trust', 'list']))['own'] as PublicKey
    await connected.mooring(['bundle', 'create', ...both], ['--to', out])
    writeFileSync(join(out, '..', 'connected.pub'), key.publicKey)
    await upstream.stop()

    const trust = ['bundle', 'trust', 'add', carry('connected.pub')]
    await site.mooring(trust, ['--name', 'the connected side'])
    const told = await json(site, ['bundle', 'import', carry('first')])
    expect(told).toMatchObject({
      missing: 0,
      changes: { repositories_new: ['acme/tool', 'acme/web'] },
    })
  })

  it('are pulled there by every client, under the digests that they began with', async () => {
    const web = `${site.host}/acme/web:v1`
    await far.run('podman', 'pull', '--quiet', web)
    const format = ['--format', '{{.Digest}}']
    const pulled = await far.run('podman', 'image', 'inspect', ...format, web)
    expect(pulled.trim()).toBe(firstImage.manifest.digest)
    const layout = far.home.folder.join('layout')
    await far.run('skopeo', 'copy', '--quiet', '--all', `docker://${web}`, `oci:${layout}:v1`)
    expect(readOciLayout(layout)).toEqual(contentOf(firstImage))
    const toolName = `${site.host}/acme/tool:1.0`
    expect((await far.run('crane', 'digest', toolName)).trim()).toBe(tool.manifest.digest)
    await far.run('oras', 'copy', '--to-oci-layout', '--recursive', toolName, 'with-referrers:1.0')
    expect(readOciLayout(far.home.folder.join('with-referrers'))).toEqual(
      expect.arrayContaining(contentOf(tool)),
    )
  })

  it('are verified there without any network but that one', async () => {
    copyFileSync(near.home.folder.join('cosign.pub'), far.home.folder.join('cosign.pub'))
    const web = `${site.host}/acme/web@${firstImage.manifest.digest}`
    const tools = `${site.host}/acme/tool@${tool.manifest.digest}`
    expect(await far.run('cosign', 'verify', ...trusted, asTag, web)).toContain(
      firstImage.manifest.digest,
    )
    expect(await far.run('cosign', 'verify', ...trusted, tools)).toContain(tool.manifest.digest)
    const attested = ['verify-attestation', ...trusted, '--type', statement, asTag, web]
    expect(await far.run('cosign', ...attested)).toContain('payload')
    const discover = ['discover', '--format', 'json', '--artifact-type', billOfMaterials, tools]
    const { referrers } = JSON.parse(await far.run('oras', ...discover)) as {
      referrers: { reference: string }[]
    }
    expect(referrers).toHaveLength(1)
    await far.run('oras', 'pull', '--output', 'said', referrers[0]?.reference ?? '')
    expect(await far.run('cat', 'said/sbom.json')).toContain('SPDX-2.3')
  })

  it('follow in a small bundle when a layer changes, for the receipt says what is there', async () => {
    const key = (await json(site, ['bundle', 'trust', 'list']))['own'] as PublicKey
    writeFileSync(siteFolder.join('out/site.pub'), key.publicKey)
    const trust = ['bundle', 'trust', 'add', carryBack('site.pub')]
    await connected.mooring(trust, ['--name', 'the site'])
    await handReceiptBack('first.receipt')

    await push(peer.host, 'library/web:v2', secondImage)
    await connected.mooring(['mirror', 'sync', 'acme/web'])
    const out = connectedFolder.join('out/second')
    await connected.mooring(['bundle', 'create', ...both], ['--since', 'receipt', '--to', out])
    const [layer] = secondImage.blobs.slice(1)
    const allowed = (layer?.bytes.length ?? 0) + 64 * 1024
    expect(sizeOf(out)).toBeLessThan(allowed)
    const told = await json(site, ['bundle', 'import', carry('second')])
    expect(told).toMatchObject({ missing: 0, changes: { tags: { new: 1, moved: 0 } } })
    await far.run('podman', 'pull', '--quiet', `${site.host}/acme/web:v2`)
    expect(await digestBeyond('acme/web:v2')).toBe(secondImage.manifest.digest)
  })

  it('are nothing to carry once the next receipt is back', async () => {
    await handReceiptBack('second.receipt')
    const plan = await json(connected, ['bundle', 'plan', ...both], ['--since', 'receipt'])
    expect(plan).toMatchObject({
      images: 3,
      referrers: 4,
      new_blobs: 0,
      new_bytes: 0,
      problems: [],
    })
  })

  it('are in the next bundle when clients asked for them in vain', async () => {
    const name = `docker://${site.host}/acme/late:v1`
    const missed = await far.attempt('skopeo', 'inspect', name)
    expect(missed.stderr).toContain('unknown')
    // Asked-for images are counted in memory, and written at the latest by a stop.
    await site.restart()
    const list = await site.mooring(['bundle', 'request'], ['--missed-pulls'])
    writeFileSync(siteFolder.join('out/missed.txt'), list)
    const out = connectedFolder.join('out/third')
    const wish = ['--list', carryBack('missed.txt'), '--since', 'receipt', '--to', out]
    await connected.mooring(['bundle', 'create'], wish)
    await json(site, ['bundle', 'import', carry('third')])
    expect(await digestBeyond('acme/late:v1')).toBe(late.manifest.digest)
    expect(await site.mooring(['bundle', 'request'], ['--missed-pulls'])).not.toContain('late')
  })
})
