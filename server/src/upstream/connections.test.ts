import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  localClient,
  patient,
  sampleBlob,
  startLocalServer,
  watchedUpstream,
  type LocalServer,
  type Respond,
  type SampleBlob,
} from './local-upstream-suite.ts'
import type { Upstream, UpstreamAccess, UpstreamParts } from './upstream.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const headless: Respond = (req, res) => {
  const headers = { 'content-type': 'text/plain', 'content-length': 2 }
  res.writeHead(200, headers).end(req.method === 'HEAD' ? '' : '{}')
}

async function serve(respond: Respond = headless): Promise<LocalServer> {
  const server = await startLocalServer(respond)
  closers.push(() => server.close())
  return server
}

async function serveTls(respond: Respond = headless): Promise<LocalServer> {
  const now = Date.now()
  const authority = await createAuthority({ commonName: 'Somebody', now })
  const leaf = await issueServerCertificate({ authority, names: ['127.0.0.1'], now })
  const server = await startLocalServer(respond, { cert: leaf.certificatePem, key: leaf.keyPem })
  closers.push(() => server.close())
  return server
}

function upstreamAt(
  host: string,
  access: Partial<UpstreamAccess> = {},
  parts: Partial<UpstreamParts> = {},
) {
  const client = localClient(parts)
  closers.push(() => {
    client.close()
  })
  return watchedUpstream(client, host, access).upstream
}

const byName = (addresses: Readonly<Record<string, string>>): Partial<UpstreamParts> => ({
  check: async (url) => {
    const name = new URL(url).hostname
    const address = /^[\d.]+$/.test(name) ? name : addresses[name]
    return { kind: 'allowed', addresses: address === undefined ? [] : [address] }
  },
})

describe('TLS', () => {
  it('is verified, unless that is switched off', async () => {
    const server = await serveTls()
    const strict = upstreamAt(server.host, { plainHttp: false })
    await expect(strict.checkVersion(patient())).rejects.toMatchObject({ code: 'tls_error' })
    const lax = upstreamAt(server.host, { plainHttp: false, verifyTls: false })
    expect(await lax.checkVersion(patient())).toBe('open')
  })

  it('is not left again by a redirect', async () => {
    const plain = await serve()
    const server = await serveTls((_req, res) => {
      res.writeHead(302, { location: `http://${plain.host}/v2/` }).end()
    })
    const upstream = upstreamAt(server.host, { plainHttp: false, verifyTls: false })
    await expect(upstream.checkVersion(patient())).rejects.toMatchObject({ code: 'tls_error' })
    expect(plain.requests).toHaveLength(0)
  })

  it('is asked for in vain of a server that does not speak it', async () => {
    const server = await serve()
    const upstream = upstreamAt(server.host, { plainHttp: false })
    await expect(upstream.checkVersion(patient())).rejects.toMatchObject({ code: 'tls_error' })
  })
})

describe('a name', () => {
  it('is looked up where it is judged, and nowhere else', async () => {
    const server = await serve()
    const port = new URL(`http://${server.host}`).port
    const upstream = upstreamAt(
      `registry.example:${port}`,
      {},
      byName({ 'registry.example': '127.0.0.1' }),
    )
    expect(await upstream.checkVersion(patient())).toBe('open')
    expect(server.requests[0]?.headers.host).toBe(`registry.example:${port}`)
  })

  it('with several addresses is reached at the one that answers', async () => {
    const server = await serve()
    const port = server.host.split(':')[1] ?? ''
    const upstream = upstreamAt(
      `registry.example:${port}`,
      {},
      { check: async () => ({ kind: 'allowed', addresses: ['::1', '127.0.0.2', '127.0.0.1'] }) },
    )
    expect(await upstream.checkVersion(patient())).toBe('open')
  })

  it('without an address is a fault that says so', async () => {
    const upstream = upstreamAt('nowhere.example', {}, byName({}))
    await expect(upstream.checkVersion(patient())).rejects.toMatchObject({
      code: 'connection_error',
      reason: 'the connection failed (ENOTFOUND)',
    })
  })

  it('that may not be called is not called, be it the first or where that leads', async () => {
    const inside = await serve()
    const server = await serve((_req, res) => {
      res.writeHead(302, { location: `http://localhost:${inside.host.split(':')[1] ?? ''}/` }).end()
    })
    const parts: Partial<UpstreamParts> = {
      check: async (url) =>
        url.includes('localhost')
          ? { kind: 'refused', why: 'blocked' }
          : { kind: 'allowed', addresses: ['127.0.0.1'] },
    }
    for (const host of ['localhost', server.host]) {
      const upstream = upstreamAt(host, {}, parts)
      await expect(upstream.checkVersion(patient())).rejects.toMatchObject({
        code: 'invalid_source_registry',
        message: expect.stringContaining('SSRF_ALLOWED_HOSTS') as string,
      })
    }
    expect(inside.requests).toHaveLength(0)
  })

  it.each(['', 'a b', 'http://a', 'a/b', 'user@a', 'a:b', 'a#', '[::1', 'a?x'])(
    'like %j is no address of a registry',
    (host) => {
      expect(() => upstreamAt(host)).toThrow('it is not host[:port]')
    },
  )

  it.each(['../x', 'a//b', 'a/../b', 'a?b', '/a', 'a b', 'a%2fb'])(
    'like %j is none of a repository',
    (repository) => {
      expect(() => upstreamAt('a.example', { repository })).toThrow('no valid name')
    },
  )
})

describe('silence', () => {
  async function startSilent(): Promise<string> {
    const server = createTcpServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const sockets = new Set<{ destroy(): void }>()
    server.on('connection', (socket) => sockets.add(socket))
    closers.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('before the answer is a timeout', async () => {
    const host = await startSilent()
    const upstream = upstreamAt(host, {}, { patience: { answerMs: 30 } })
    await expect(upstream.checkVersion(patient())).rejects.toMatchObject({
      code: 'network_timeout',
      reason: 'no answer within 0.03 s',
    })
  })

  it('of TLS is one, too', async () => {
    const host = await startSilent()
    const upstream = upstreamAt(host, { plainHttp: false }, { patience: { answerMs: 30 } })
    await expect(upstream.checkVersion(patient())).rejects.toMatchObject({
      code: 'network_timeout',
    })
  })
})

describe('a proxy', () => {
  interface Proxy {
    readonly url: string
    readonly asked: readonly string[]
    readonly headers: readonly IncomingMessage['headers'][]
  }

  /** Connects to 127.0.0.1, whatever name is asked for. */
  async function startProxy(refuses = false): Promise<Proxy> {
    const asked: string[] = []
    const headers: IncomingMessage['headers'][] = []
    const note = (req: IncomingMessage) => {
      asked.push(`${req.method ?? ''} ${req.url ?? ''}`)
      headers.push(req.headers)
    }
    const server = createServer((req, res) => {
      note(req)
      res.end()
    })
    server.on('connect', (req, socket) => {
      note(req)
      if (refuses) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
        return
      }
      const target = connect(Number(req.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        pipeline(socket, target, socket).catch(() => undefined)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, headers }
  }

  it('tunnels TLS to a name that only it knows', async () => {
    const server = await serveTls()
    const proxy = await startProxy()
    const port = server.host.split(':')[1] ?? ''
    const httpsProxy = proxy.url.replace('//', '//me:pass@')
    const access = { plainHttp: false, verifyTls: false, proxy: { httpsProxy } }
    const upstream = upstreamAt(`far.example:${port}`, access, byName({}))
    expect(await upstream.checkVersion(patient())).toBe('open')
    expect(proxy.asked).toEqual([`CONNECT far.example:${port}`])
    const given = Buffer.from('me:pass').toString('base64')
    expect(proxy.headers[0]?.['proxy-authorization']).toBe(`Basic ${given}`)
  })

  it('is asked for plain HTTP, and left out where the list says so', async () => {
    const server = await serve()
    const proxy = await startProxy()
    const through = upstreamAt('far.example', { proxy: { httpProxy: proxy.url } }, byName({}))
    expect(await through.checkVersion(patient())).toBe('open')
    expect(proxy.asked).toEqual(['GET http://far.example/v2/'])
    const around = upstreamAt(server.host, {
      proxy: { httpProxy: proxy.url, noProxy: '.example,127.0.0.1' },
    })
    expect(await around.checkVersion(patient())).toBe('open')
    expect(proxy.asked).toHaveLength(1)
    expect(server.requests).toHaveLength(1)
  })

  it('that refuses is named without its password', async () => {
    const proxy = await startProxy(true)
    const httpsProxy = proxy.url.replace('//', '//me:pass@')
    const access = { plainHttp: false, proxy: { httpsProxy } }
    const upstream = upstreamAt('far.example', access, byName({}))
    const failure = upstream.checkVersion(patient())
    await expect(failure).rejects.toMatchObject({ reason: 'the proxy answered 407' })
    await expect(failure).rejects.not.toThrow(/pass/)
  })

  it('may not be in a network that may not be called', async () => {
    const proxy = await startProxy()
    const upstream = upstreamAt(
      'far.example',
      { proxy: { httpProxy: proxy.url } },
      {
        check: async (url) =>
          url.includes('127.0.0.1')
            ? { kind: 'refused', why: 'blocked' }
            : { kind: 'allowed', addresses: [] },
      },
    )
    await expect(upstream.checkVersion(patient())).rejects.toMatchObject({
      code: 'invalid_source_registry',
    })
    expect(proxy.asked).toHaveLength(0)
  })

  it('of the site is for whoever has no other, wherever it is', async () => {
    const [ofSite, own] = [await startProxy(), await startProxy()]
    const sent = (url: string) => url.replace('127.0.0.1', 'localhost')
    const parts: Partial<UpstreamParts> = {
      proxy: { httpProxy: sent(ofSite.url), noProxy: 'near.example' },
      check: async (url) =>
        url.includes('localhost')
          ? { kind: 'refused', why: 'blocked' }
          : { kind: 'allowed', addresses: url.includes('127.0.0.1') ? ['127.0.0.1'] : [] },
    }
    const ask = (host: string, proxy?: UpstreamAccess['proxy']) =>
      upstreamAt(host, proxy && { proxy }, parts).checkVersion(patient())
    expect(await ask('far.example')).toBe('open')
    expect(await ask('other.example', { httpProxy: '', httpsProxy: own.url })).toBe('open')
    expect(await ask('third.example', { httpProxy: own.url })).toBe('open')
    expect(ofSite.asked).toEqual(['GET http://far.example/v2/', 'GET http://other.example/v2/'])
    expect(own.asked).toEqual(['GET http://third.example/v2/'])
    await expect(ask('near.example')).rejects.toMatchObject({
      reason: 'the connection failed (ENOTFOUND)',
    })
  })

  it.each(['socks5://127.0.0.1:1080', 'http://', 'no proxy'])(
    'like %s is not passed over',
    async (httpProxy) => {
      const server = await serve()
      const upstream = upstreamAt(server.host, { proxy: { httpProxy } })
      await expect(upstream.checkVersion(patient())).rejects.toMatchObject({
        code: 'invalid_source_registry',
      })
      expect(server.requests).toHaveLength(0)
    },
  )
})

it('does not mind that a kept connection was closed meanwhile', async () => {
  const events: unknown[] = []
  const server = await serve((req, res) => {
    if (seen.has(req.socket)) {
      closed++
      req.socket.destroy()
    } else {
      seen.add(req.socket)
      headless(req, res)
    }
  })
  const seen = new Set<unknown>()
  let closed = 0
  const client = localClient({ firstPauseMs: 5_000 })
  closers.push(() => {
    client.close()
  })
  const access = { host: server.host, repository: 'team/app', plainHttp: true }
  const upstream = client.repository(access, (event) => events.push(event))
  for (const tag of ['a', 'b', 'c']) await upstream.headManifest(tag, patient())
  expect(events).toEqual([])
  expect(closed).toBeGreaterThan(0)
})

it('opens no more connections than a few, and uses them again', async () => {
  const sockets = new Set<unknown>()
  const server = await serve((req, res) => {
    sockets.add(req.socket)
    setImmediate(() => headless(req, res))
  })
  const upstream = upstreamAt(server.host)
  await Promise.all(
    Array.from({ length: 200 }, (_, n) => upstream.headManifest(`t${n}`, patient())),
  )
  expect(sockets.size).toBeLessThanOrEqual(16)
})

describe('the buffer of a connection', () => {
  const large = [sampleBlob(5_000_003), sampleBlob(4_000_001), sampleBlob(7)]
  const give: Respond = (req, res) => {
    if (req.url === '/v2/') res.end('{}')
    else res.end(large.find(({ digest }) => req.url?.endsWith(digest) === true)?.bytes)
  }

  async function fetchAll(upstream: Upstream): Promise<void> {
    const fetchOne = async ({ digest, bytes }: SampleBlob, isSlow: boolean) => {
      const wanted = { sizeBytes: bytes.length, from: 0, signal: patient() }
      const read: Buffer[] = []
      for await (const piece of upstream.openBlob(digest, wanted)) {
        read.push(piece as Buffer)
        if (isSlow) for (let turn = 0; turn < 5; turn++) await nextTurn()
      }
      expect(Buffer.concat(read).equals(bytes)).toBe(true)
    }
    for (const isSlow of [false, true, false]) {
      await Promise.all(large.map((blob) => fetchOne(blob, isSlow)))
    }
  }

  it('is used again while what was in it is still read', async () => {
    const server = await serve(give)
    await fetchAll(upstreamAt(server.host))
    const connections = new Set(server.requests.map(({ socket }) => socket))
    expect(connections.size).toBeLessThan(2 * large.length)
  })

  it('is used for TLS as well', async () => {
    const server = await serveTls(give)
    await fetchAll(upstreamAt(server.host, { plainHttp: false, verifyTls: false }))
  })
})
