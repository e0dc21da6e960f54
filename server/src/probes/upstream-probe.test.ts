import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../../../test/support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../../../test/support/peer-registry.ts'
import { hasPrograms } from '../../../test/support/programs.ts'
import { parseChallenge } from '../upstream/bearer-challenge.ts'
import { systemNames } from './name-probe.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'
import { probeUpstream, type UpstreamToProbe } from './upstream-probe.ts'

const look = (wanted: Partial<UpstreamToProbe> & { readonly url: string }) =>
  linesOf(
    probeUpstream(
      {
        ...{ name: 'up', username: '', password: null, proxy: undefined, ca: [] },
        ...{ trusted: getCACertificates('default'), verifyTls: true, sample: undefined },
        names: systemNames(),
        ...wanted,
      },
      testContext(),
    ),
  )
const briefly = (lines: Awaited<ReturnType<typeof look>>) =>
  lines.map((line) => `${line.id.replace('upstream:up:', '')} ${verdictOf(line)}`)

describe.skipIf(!hasPrograms('docker-registry', 'openssl'))(
  'a registry with TLS and a login',
  () => {
    let peer: PeerRegistry
    let ca: readonly string[]
    beforeAll(async () => {
      peer = await startPeerRegistry()
      ca = [readFileSync(peer.caFile, 'utf8')]
      const client = peer.client()
      await client.pushImage('ours/image', 'one', createImage())
      client.close()
    })
    afterAll(() => peer.stop())

    it('is reached step by step, down to a manifest', async () => {
      const { url, username, password } = peer
      const lines = await look({ url, username, password, ca, sample: 'ours/image:one' })
      expect(briefly(lines)).toEqual([
        'name ok',
        'connect ok',
        'tls ok',
        'registry ok',
        'token ok',
        'manifest ok',
      ])
      const missing = await look({ url, username, password, ca, sample: 'ours/image:two' })
      expect(briefly(missing).at(-1)).toBe('manifest warning MOOR-NET-028')
    })

    it('whose authority nobody knows shows its fingerprint', async () => {
      const lines = await look({ url: peer.url })
      expect(briefly(lines).at(-1)).toBe('tls failed MOOR-NET-022')
      expect(lines.at(-1)?.finding?.facts['fingerprint']).toMatch(
        /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/,
      )
      expect(lines.at(-1)?.finding?.facts['issuer']).toBe('CN=peer')
      const unverified = await look({ url: peer.url, verifyTls: false })
      expect(briefly(unverified)).toContain('tls warning MOOR-NET-030')
    })

    it('tells a missing account from a wrong password', async () => {
      const { url } = peer
      expect(briefly(await look({ url, ca })).at(-1)).toBe('token failed MOOR-NET-026')
      const wrong = await look({ url, ca, username: 'peer', password: 'not-the-password' })
      expect(briefly(wrong).at(-1)).toBe('token failed MOOR-NET-025')
      expect(JSON.stringify(wrong)).not.toContain('not-the-password')
    })

    it('that is not there, or not known, is said so', async () => {
      expect(briefly(await look({ url: 'https://127.0.0.1:1' })).at(-1)).toBe(
        'connect failed MOOR-NET-021',
      )
      expect(briefly(await look({ url: 'https://registry.invalid' }))).toEqual([
        'name failed MOOR-NET-020',
      ])
    })
  },
)

describe('a registry that gives out tokens', () => {
  /** Enough of a registry to see what is asked of it. */
  async function startTokenRegistry(answer: { tokenStatus: number; remaining: number }) {
    const asked: { path: string; authorization: string | undefined }[] = []
    const server = createServer((request, response) => {
      const path = request.url ?? ''
      asked.push({ path, authorization: request.headers.authorization })
      if (path.startsWith('/token')) {
        response.writeHead(answer.tokenStatus, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ token: 'a-token' }))
      } else if (request.headers.authorization === 'Bearer a-token') {
        const limit = {
          'ratelimit-limit': '100;w=21600',
          'ratelimit-remaining': `${answer.remaining};w=21600`,
        }
        response.writeHead(200, limit).end()
      } else {
        const host = String(request.headers.host)
        const challenge = `Bearer realm="http://${host}/token",service="tokens"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
    return { url, asked, [Symbol.dispose]: () => void server.close() }
  }

  it('is asked for one with the scope of the image, and for what is left', async () => {
    using registry = await startTokenRegistry({ tokenStatus: 200, remaining: 76 })
    const lines = await look({
      url: registry.url,
      username: 'me',
      password: 'secret',
      sample: 'team/app:1.0',
    })
    expect(briefly(lines)).toEqual([
      'name ok',
      'connect ok',
      'tls warning MOOR-NET-030',
      'registry ok',
      'token ok',
      'manifest ok',
      'limit ok',
    ])
    const token = registry.asked.find(({ path }) => path.startsWith('/token'))
    const query = new URLSearchParams(token?.path.split('?')[1])
    expect(Object.fromEntries(query)).toEqual({
      service: 'tokens',
      scope: 'repository:team/app:pull',
    })
    expect(token?.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`)
    expect(registry.asked.at(-1)?.path).toBe('/v2/team/app/manifests/1.0')
  })

  it('warns when few downloads are left, and fails when there is no token', async () => {
    using nearly = await startTokenRegistry({ tokenStatus: 200, remaining: 3 })
    const few = await look({ url: nearly.url, sample: 'team/app:1.0' })
    expect(briefly(few).at(-1)).toBe('limit warning MOOR-NET-029')
    using broken = await startTokenRegistry({ tokenStatus: 500, remaining: 3 })
    expect(briefly(await look({ url: broken.url })).at(-1)).toBe('token failed MOOR-NET-027')
  })
})

it('reads challenges with their parameters', () => {
  const challenge = parseChallenge('Bearer realm="https://auth.example/token",service=reg')
  expect(challenge?.scheme).toBe('bearer')
  expect(Object.fromEntries(challenge?.parameters ?? [])).toEqual({
    realm: 'https://auth.example/token',
    service: 'reg',
  })
  expect(parseChallenge('basic Realm="x"')?.parameters.get('realm')).toBe('x')
  expect(parseChallenge('Negotiate')).toBeUndefined()
})
