import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { parseDigest } from '../storage/digest.ts'
import {
  localClient,
  patient,
  sha256Of,
  startLocalServer,
  watchedUpstream,
  type LocalServer,
} from './local-upstream-suite.ts'
import type { UpstreamAccess } from './upstream.ts'
import { UpstreamFault } from './upstream-fault.ts'

const client = localClient()
const servers: LocalServer[] = []

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))
afterAll(() => {
  client.close()
})

type Handlers = Readonly<Record<string, (req: IncomingMessage, res: ServerResponse) => void>>

/** Answers by path, whatever the query; `/v2/` unless told otherwise. */
async function registry(handlers: Handlers): Promise<LocalServer> {
  const server = await startLocalServer((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? ''
    const handler = handlers[path]
    if (handler !== undefined) handler(req, res)
    else res.writeHead(path === '/v2/' ? 200 : 404).end()
  })
  servers.push(server)
  return server
}

const open = (server: LocalServer, access: Partial<UpstreamAccess> = {}) =>
  watchedUpstream(client, server.host, access)

const credentials = { username: 'bot', password: 's3cret:with colon' }
const basic = `Basic ${Buffer.from('bot:s3cret:with colon').toString('base64')}`
const manifest = Buffer.from('{"schemaVersion":2,  "layers":[]}\n')
const digest = sha256Of(manifest)
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const path = '/v2/team/app/manifests/latest'

function sendManifest(_req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, {
    'content-type': `${manifestType}; charset=utf-8`,
    'content-length': manifest.length,
    'docker-content-digest': digest,
  })
  res.end(manifest)
}

describe('signing in', () => {
  it('asks an open registry without saying who it is', async () => {
    const server = await registry({ [path]: sendManifest })
    const { upstream } = open(server, { credentials })
    expect(await upstream.checkVersion(patient())).toBe('open')
    await upstream.headManifest('latest', patient())
    expect(server.asked()).toEqual(['GET /v2/', `HEAD ${path}`])
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  const wantsBasic = (req: IncomingMessage, res: ServerResponse) => {
    const isIn = req.headers.authorization === basic
    res.writeHead(isIn ? 200 : 401, { 'www-authenticate': 'Basic realm="a registry"' }).end()
  }

  it('sends a password to who asks for one', async () => {
    const server = await registry({ '/v2/': wantsBasic, [path]: wantsBasic })
    const { upstream } = open(server, { credentials })
    expect(await upstream.checkVersion(patient())).toBe('authenticated')
    expect(await upstream.headManifest('latest', patient())).toBeDefined()
    expect(await open(server).upstream.checkVersion(patient())).toBe('anonymous')
  })

  it('says that a password is wrong, and neither the password nor its form', async () => {
    const server = await registry({ '/v2/': wantsBasic, [path]: wantsBasic })
    const wrong = { username: 'bot', password: 'wr0ng' }
    const { upstream } = open(server, { credentials: wrong })
    for (const call of [
      () => upstream.checkVersion(patient()),
      () => upstream.getManifest('latest', patient()),
    ]) {
      const fault = await faultOf(call())
      expect(fault.code).toBe('auth_failed')
      expect(fault.message).toContain('as bot')
      expect(fault.message + JSON.stringify(fault)).not.toMatch(/wr0ng|Basic/)
    }
  })

  /** A registry whose tokens are counted; the last of them is good. */
  async function tokenRegistry(lifeSeconds: number | undefined, field = 'token') {
    let issued = 0
    let answer: number | undefined
    const server = await registry({
      '/v2/': (req, res) => gate(req, res, () => res.end()),
      [path]: (req, res) => gate(req, res, () => sendManifest(req, res)),
      '/token': (_req, res) => {
        if (answer !== undefined) res.writeHead(answer).end()
        else {
          issued++
          res.end(JSON.stringify({ [field]: `token-${issued}`, expires_in: lifeSeconds }))
        }
      },
    })
    function gate(req: IncomingMessage, res: ServerResponse, fine: () => unknown) {
      if (req.headers.authorization === `Bearer token-${issued}` && issued > 0) fine()
      else {
        const realm = `http://${server.host}/token`
        const scope = 'repository:user/example:pull aws'
        const challenge = `Basic realm="x", Bearer realm="${realm}",service="a service",scope="${scope}"`
        res.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    }
    return {
      server,
      tokenRequests: () => server.requests.filter(({ url = '' }) => url.startsWith('/token')),
      refuseTokens: (status: number) => (answer = status),
      forget: () => issued++,
    }
  }

  it.each(['token', 'access_token'])('gets a %s where the registry says, once', async (field) => {
    const { server, tokenRequests } = await tokenRegistry(300, field)
    const { upstream } = open(server, { credentials })
    await Promise.all(Array.from({ length: 20 }, () => upstream.headManifest('latest', patient())))
    await open(server, { credentials }).upstream.getManifest('latest', patient())
    const [request, ...others] = tokenRequests()
    expect(others).toEqual([])
    expect(request?.headers.authorization).toBe(basic)
    const query = new URLSearchParams(request?.url?.split('?')[1])
    expect(query.get('service')).toBe('a service')
    expect(query.getAll('scope')).toEqual(['repository:team/app:pull', 'aws'])
    expect(server.asked().filter((asked) => asked.startsWith('HEAD'))).toHaveLength(20)
  })

  it('renews a token that the registry forgot, and one that has run out', async () => {
    const { server, tokenRequests, forget } = await tokenRegistry(300)
    const { upstream } = open(server)
    await upstream.headManifest('latest', patient())
    forget()
    expect(await upstream.headManifest('latest', patient())).toBeDefined()
    expect(tokenRequests()).toHaveLength(2)

    let now = 0
    const aging = localClient({ elapsed: () => now })
    try {
      const { upstream: later } = watchedUpstream(aging, server.host)
      await later.headManifest('latest', patient())
      now = 291_000
      await later.headManifest('latest', patient())
      expect(tokenRequests()).toHaveLength(4)
    } finally {
      aging.close()
    }
  })

  it('tells credentials that are refused from those that nobody gave', async () => {
    const { server, refuseTokens } = await tokenRegistry(300)
    refuseTokens(401)
    expect(await open(server).upstream.checkVersion(patient())).toBe('anonymous')
    const { upstream } = open(server, { credentials })
    expect((await faultOf(upstream.checkVersion(patient()))).code).toBe('auth_failed')
  })

  it('takes a token as enough where the version needs a scope', async () => {
    let challenge = ''
    const server = await registry({
      '/v2/': (_req, res) => res.writeHead(401, { 'www-authenticate': challenge }).end(),
      '/token': (_req, res) => res.end('{"token":"t"}'),
    })
    challenge = `Bearer realm="http://${server.host}/token"`
    const { upstream } = open(server, { credentials, repository: '' })
    expect(await upstream.checkVersion(patient())).toBe('authenticated')
    expect(server.asked()).toContain('GET /token')
  })

  it('does not wait for ever for who gives out its tokens', async () => {
    let challenge = ''
    const server = await registry({
      '/v2/': (_req, res) => res.writeHead(401, { 'www-authenticate': challenge }).end(),
      '/token': () => undefined,
    })
    challenge = `Bearer realm="http://${server.host}/token"`
    const hasty = localClient({ loginWithinMs: 100 })
    try {
      const { upstream } = watchedUpstream(hasty, server.host)
      const fault = await faultOf(upstream.getManifest('latest', patient()))
      expect(fault).toMatchObject({ code: 'network_timeout', host: server.host })
      expect(fault.reason).toBe('it has not let us in within 0.1 s')
    } finally {
      hasty.close()
    }
  })

  it('says when there is no registry', async () => {
    const server = await registry({ '/v2/': (_req, res) => res.writeHead(404).end() })
    const fault = await faultOf(open(server).upstream.checkVersion(patient()))
    expect(fault).toMatchObject({ code: 'invalid_source_registry', status: 404 })
  })

  it('does not give its password to an address that is less safe than the registry', async () => {
    for (const realm of ['ftp://127.0.0.1/', 'token', 'http://a:b@127.0.0.1/token', '']) {
      const server = await registry({
        '/v2/': (_req, res) =>
          res.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end(),
      })
      const fault = await faultOf(open(server, { credentials }).upstream.checkVersion(patient()))
      expect(fault.code).toBe('invalid_source_registry')
      expect(server.requests).toHaveLength(1)
    }
  })
})

describe('a redirect', () => {
  it('is followed without saying who we are', async () => {
    const elsewhere = await registry({ '/there': sendManifest })
    const gate = (fine: (res: ServerResponse) => unknown) => {
      return (req: IncomingMessage, res: ServerResponse) => {
        if (req.headers.authorization === basic) fine(res)
        else res.writeHead(401, { 'www-authenticate': 'Basic' }).end()
      }
    }
    const server = await registry({
      '/v2/': gate((res) => res.end()),
      [path]: gate((res) => res.writeHead(302, { location: '/v2/team/app/here' }).end()),
      '/v2/team/app/here': gate((res) =>
        res.writeHead(307, { location: `http://user:pw@${elsewhere.host}/there?sig=1` }).end(),
      ),
    })
    const { upstream } = open(server, { credentials })
    expect(await upstream.headManifest('latest', patient())).toEqual({
      digest,
      mediaType: manifestType,
      sizeBytes: manifest.length,
    })
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it.each([
    ['round and round', path],
    ['to something else', 'file:///etc/passwd'],
    ['nowhere', 'http://'],
  ])('%s is refused', async (_where, location) => {
    const server = await registry({
      [path]: (_req, res) => res.writeHead(302, { location }).end(),
    })
    const fault = await faultOf(open(server).upstream.headManifest('latest', patient()))
    expect(fault.code).toBe('invalid_source_registry')
  })
})

describe('a manifest', () => {
  it('comes as it is, with what it is', async () => {
    const server = await registry({ [path]: sendManifest })
    expect(await open(server).upstream.getManifest('latest', patient())).toEqual({
      bytes: manifest,
      digest,
      mediaType: manifestType,
    })
  })

  it('is looked at a thousand times with a thousand HEADs', async () => {
    const digests = { 'docker-content-digest': digest, 'content-length': manifest.length }
    const server = await startLocalServer((_req, res) => res.writeHead(200, digests).end())
    servers.push(server)
    const { upstream } = open(server)
    const tags = Array.from({ length: 1_000 }, (_, n) => `v${n}`)
    await Promise.all(tags.map((tag) => upstream.headManifest(tag, patient())))
    const [version, ...looks] = server.asked()
    expect(version).toBe('GET /v2/')
    expect(looks.toSorted()).toEqual(
      tags.map((tag) => `HEAD /v2/team/app/manifests/${tag}`).toSorted(),
    )
  })

  it('that is not there is told apart from one that is not given', async () => {
    const server = await registry({})
    const { upstream } = open(server)
    expect(await upstream.headManifest('absent', patient())).toBeUndefined()
    const fault = await faultOf(upstream.getManifest('absent', patient()))
    expect(fault).toMatchObject({ code: 'not_found', status: 404 })
    expect(fault.asked).toBe('GET /v2/team/app/manifests/absent')
  })

  const other = parseDigest(`sha256:${'0'.repeat(64)}`)

  it.each([
    ['that differ from the digest asked for', other, {}],
    ['that differ from the digest told', 'latest', { 'docker-content-digest': other }],
  ])('with bytes %s is not taken', async (_what, reference, headers) => {
    const server = await registry({
      [`/v2/team/app/manifests/${reference}`]: (_req, res) =>
        res.writeHead(200, headers).end(manifest),
    })
    const fault = await faultOf(open(server).upstream.getManifest(reference, patient()))
    expect(fault.code).toBe('manifest_invalid')
  })

  it.each([
    [true, 'with its length'],
    [false, 'in pieces'],
  ])('that is too large is not read to its end (%s)', async (hasLength) => {
    const large = Buffer.alloc(4 * 1024 * 1024 + 1, 32)
    const server = await registry({
      [path]: (_req, res) => {
        res.writeHead(200, hasLength ? { 'content-length': large.length } : {})
        res.end(large)
      },
    })
    const fault = await faultOf(open(server).upstream.getManifest('latest', patient()))
    expect(fault.code).toBe('manifest_invalid')
  })

  it('is known by its content where the type says nothing', async () => {
    const server = await registry({
      [path]: (_req, res) => res.end('{"schemaVersion":2,"manifests":[]}'),
    })
    const found = await open(server).upstream.getManifest('latest', patient())
    expect(found.mediaType).toBe('application/vnd.oci.image.index.v1+json')
  })

  it('is asked for again when the connection breaks in it', async () => {
    let answers = 0
    const server = await registry({
      [path]: (req, res) => {
        if (answers++ > 0) sendManifest(req, res)
        else {
          res.writeHead(200, { 'content-length': manifest.length })
          res.write(manifest.subarray(0, 5), () => res.destroy())
        }
      },
    })
    const { upstream, events } = open(server)
    expect((await upstream.getManifest('latest', patient())).bytes.equals(manifest)).toBe(true)
    expect(events.map(({ kind }) => kind)).toEqual(['retry'])
  })
})

async function faultOf(work: Promise<unknown>): Promise<UpstreamFault> {
  const error: unknown = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof UpstreamFault)) throw error
  return error
}
