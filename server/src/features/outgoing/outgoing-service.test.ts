import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { isPublicAddress } from './outgoing-address.ts'
import { createOutgoingService, type ResolveHost } from './outgoing-service.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closers.splice(0).map((close) => close())))

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
    return once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

const names: ResolveHost = (host) => {
  const addresses: Record<string, string[]> = {
    'public.example': ['198.41.0.4'],
    'inside.example': ['10.0.0.5'],
    'mixed.example': ['198.41.0.4', '127.0.0.1'],
    'allowed.example': ['127.0.0.1'],
  }
  const found = addresses[host]
  return found ? Promise.resolve(found) : Promise.reject(new Error('no such name'))
}

const service = (allowedHosts: readonly string[] = [], blockedHosts: readonly string[] = []) =>
  createOutgoingService({ config: { allowedHosts, blockedHosts }, resolve: names })

describe('a URL that somebody gave', () => {
  it.each([
    ['http://public.example/x', 'allowed'],
    ['https://unknown.example/x', 'allowed'],
    ['http://inside.example', 'blocked'],
    ['http://mixed.example', 'blocked'],
    ['http://127.0.0.1:8080/', 'blocked'],
    ['http://2130706433/', 'blocked'],
    ['http://0x7f.1/', 'blocked'],
    ['http://[::1]/', 'blocked'],
    ['http://[::ffff:10.0.0.1]/', 'blocked'],
    ['http://169.254.169.254/latest/meta-data', 'blocked'],
    ['http://localhost/', 'blocked'],
    ['http://LOCALHOST./', 'blocked'],
    ['http://evil.example/', 'blocked'],
    ['ftp://public.example/', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['not a url', 'invalid'],
    ['', 'invalid'],
  ])('%s is %s', async (url, verdict) => {
    const checked = await service([], ['evil.example']).check(url)
    expect(checked.kind === 'refused' ? checked.why : checked.kind).toBe(verdict)
  })

  it.each([
    ['http://allowed.example/', ['allowed.example']],
    ['http://inside.example/', ['10.0.0.0/8']],
    ['http://127.0.0.1/', ['127.0.0.1']],
    ['http://[fd00::5]/', ['fd00::/8']],
  ])('%s may be called where %s is exempt', async (url, allowed) => {
    expect((await service(allowed).check(url)).kind).toBe('allowed')
    expect((await service().check(url)).kind).toBe('refused')
  })
})

describe('a call', () => {
  it('goes to the address that was checked, with the name of the URL', async () => {
    const calls: { host: string | undefined; body: unknown }[] = []
    const port = await listen((req, res) => {
      void read(req).then((text) => {
        calls.push({ host: req.headers.host, body: JSON.parse(text) })
        res.end()
      })
    })
    const outgoing = service(['allowed.example'])
    const url = `http://allowed.example:${String(port)}/hook`
    expect(await outgoing.postJson(url, { a: 1 })).toBe(200)
    expect(calls).toEqual([{ host: `allowed.example:${String(port)}`, body: { a: 1 } }])
  })

  it('does not follow where it is sent', async () => {
    let asked = 0
    const port = await listen((_req, res) => {
      asked++
      res.writeHead(302, { Location: '/elsewhere' }).end()
    })
    const url = `http://allowed.example:${String(port)}/`
    expect(await service(['allowed.example']).postJson(url, {})).toBe(302)
    expect(asked).toBe(1)
  })

  it('is not made to what may not be called', async () => {
    await expect(service().postJson('http://inside.example/', {})).rejects.toThrow('refused')
    await expect(service().postJson('http://unknown.example/', {})).rejects.toThrow('no address')
  })
})

async function read(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req) text += String(chunk)
  return text
}

describe('an address', () => {
  it.each(['8.8.8.8', '198.41.0.4', '2606:4700::1111'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.53',
    '169.254.1.1',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    'nonsense',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
