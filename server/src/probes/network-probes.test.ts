import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { describe, expect, it } from 'vitest'
import type { NetworkAddress } from '../first-start/host-names.ts'
import { probeAddress, probeAddresses } from './address-probe.ts'
import { probeHandshake } from './handshake-probe.ts'
import { probeName, type NameLookup } from './name-probe.ts'
import { probePort } from './port-probe.ts'
import { clockAt, lineOf, linesOf, testContext, verdictOf } from './probe-suite.ts'
import { probeProxy, probeProxyItself } from './proxy-probe.ts'

async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const addresses: readonly NetworkAddress[] = [
  { address: '127.0.0.1', family: 'IPv4', internal: true },
  { address: '10.0.0.5', family: 'IPv4', internal: false },
  { address: '2001:db8::5', family: 'IPv6', internal: false },
]

describe('a port', () => {
  const on = (port: number, host: string | null, ownPorts: readonly number[] = []) =>
    lineOf(probePort({ port, host, family: 'dual-stack', ownPorts }, testContext()))

  it('is opened for real and free again afterwards', async () => {
    const server = createServer()
    const port = await listening(server)
    server.close()
    await once(server, 'close')
    expect(verdictOf(await on(port, '127.0.0.1'))).toBe('ok')
    expect(verdictOf(await on(port, null))).toBe('ok')
  })

  it('that another program has is said with its name and number', async () => {
    const code =
      'net.createServer().listen(0,"127.0.0.1",function(){console.log(this.address().port)})'
    const other = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [said] = (await once(other.stdout, 'data')) as [Buffer]
      const port = Number(said.toString())
      const line = await on(port, null)
      expect(line.finding).toMatchObject({
        code: 'MOOR-NET-001',
        facts: { port, processId: other.pid },
      })
      expect(line.text).toContain(`(process ${String(other.pid)})`)
      expect(verdictOf(await on(port, '127.0.0.1', [port]))).toBe('ok')
    } finally {
      other.kill('SIGKILL')
    }
  })

  it('cannot be opened on an address that this host does not have', async () => {
    expect(verdictOf(await on(0, '192.0.2.77'))).toBe('failed MOOR-NET-003')
  })
})

describe('a name', () => {
  const known: Readonly<Record<string, readonly string[]>> = {
    'registry.example.lan': ['10.0.0.5', '2001:db8::5'],
    'elsewhere.example.lan': ['10.0.0.9'],
    'both.example.lan': ['10.0.0.5', '10.0.0.9'],
    'registry.local': ['10.0.0.5'],
    registry: ['10.0.0.5'],
    'any.apps.example.lan': ['10.0.0.5'],
  }
  const names: NameLookup = {
    addressesOf: (name) => {
      const found = known[name]
      if (found !== undefined) return Promise.resolve(found)
      return Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
    },
    nameOf: (address) =>
      Promise.resolve(address === '10.0.0.5' ? 'registry.example.lan' : undefined),
  }
  const look = async (name: string) =>
    (await linesOf(probeName({ name, addresses, names }, testContext()))).map(verdictOf)

  it('leads here by every address and back again', async () => {
    const lines = await linesOf(
      probeName({ name: 'registry.example.lan', addresses, names }, testContext()),
    )
    expect(lines.map(verdictOf)).toEqual(['ok', 'ok'])
    expect(lines[0]?.text).toContain('A 10.0.0.5, AAAA 2001:db8::5')
  })

  it('that nobody knows is an error, one that leads elsewhere a warning', async () => {
    expect(await look('nobody.example.lan')).toEqual(['failed MOOR-NAME-001'])
    expect(await look('elsewhere.example.lan')).toEqual(['warning MOOR-NAME-002'])
    expect(await look('both.example.lan')).toEqual([
      'warning MOOR-NAME-009',
      'warning MOOR-NAME-008',
    ])
  })

  it('is warned about where clients would misread it', async () => {
    expect(await look('localhost')).toEqual(['warning MOOR-NAME-003'])
    expect(await look('registry.local')).toContain('warning MOOR-NAME-004')
    expect(await look('registry')).toContain('warning MOOR-NAME-005')
    expect(await look('10.0.0.5')).toEqual(['warning MOOR-NAME-006'])
    expect(await look('2001:db8::5')).toEqual(['warning MOOR-NAME-007'])
    expect(await look('10.0.0.9')).toEqual(['failed MOOR-NET-007'])
    expect(await look('*.apps.example.lan')).toEqual(['ok'])
  })
})

describe('an address', () => {
  it('has to be one of this host', async () => {
    const at = async (address: string) =>
      verdictOf(await lineOf(probeAddress({ address, addresses }, testContext())))
    expect(await at('2001:db8::5')).toBe('ok')
    expect(await at('10.0.0.6')).toBe('failed MOOR-NET-007')
    expect(verdictOf(await lineOf(probeAddresses({ lasting: [] }, testContext())))).toBe(
      'warning MOOR-NET-006',
    )
  })
})

describe('a handshake', () => {
  const now = Date.now()
  const pair = async (names: readonly string[]) => {
    const authority = await createAuthority({ commonName: 'Test', years: 1, now })
    const server = await issueServerCertificate({ authority, names, now, lifeDays: 2 })
    return { server, authorities: [authority.certificatePem] }
  }
  const through = (about: Omit<Parameters<typeof probeHandshake>[0], 'port' | 'purpose'>) =>
    lineOf(probeHandshake({ ...about, port: 0, purpose: 'handshake' }, testContext()))

  it('succeeds through IPv4 and IPv6 with the authority alone', async () => {
    const names = ['registry.example.lan', '*.apps.example.lan', '127.0.0.1', '::1']
    const shown = await pair(names)
    for (const address of ['127.0.0.1', '::1']) {
      expect(verdictOf(await through({ ...shown, address, names }))).toBe('ok')
    }
  })

  it('fails with another authority, and without the name', async () => {
    const shown = await pair(['127.0.0.1'])
    const { authorities } = await pair(['127.0.0.1'])
    const address = '127.0.0.1'
    const strange = await through({ ...shown, authorities, address, names: [address] })
    expect(verdictOf(strange)).toBe('failed MOOR-TLS-200')
    const unnamed = await through({ ...shown, address, names: ['registry.example.lan'] })
    expect(verdictOf(unnamed)).toBe('failed MOOR-TLS-200')
    expect(unnamed.text).toContain('registry.example.lan')
  })

  it('needs an address of this host', async () => {
    const shown = await pair(['192.0.2.77'])
    const line = await through({ ...shown, address: '192.0.2.77', names: ['192.0.2.77'] })
    expect(verdictOf(line)).toBe('failed MOOR-NET-003')
  })
})

describe('a proxy', () => {
  it('is asked to connect, and its refusal is told from its absence', async () => {
    const proxy = createHttpServer()
    proxy.on('connect', (request, socket) => {
      const port = Number(request.url?.split(':').at(-1))
      if (request.url?.startsWith('forbidden') === true) {
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
        return
      }
      const upstream = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
      socket.on('close', () => upstream.destroy())
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => undefined)
    })
    const target = createServer((socket) => socket.on('error', () => undefined))
    const url = new URL(`http://127.0.0.1:${await listening(proxy)}`)
    const port = await listening(target)
    try {
      const ask = (host: string) =>
        lineOf(probeProxy({ proxy: url, target: { host, port } }, testContext()))
      expect(verdictOf(await ask('registry.example'))).toBe('ok')
      expect(verdictOf(await ask('forbidden.example'))).toBe('failed MOOR-NET-013')
      expect(verdictOf(await lineOf(probeProxyItself({ proxy: url }, testContext())))).toBe('ok')
    } finally {
      target.close()
      proxy.close()
      proxy.closeAllConnections()
    }
    const gone = probeProxy(
      { proxy: url, target: { host: 'registry.example', port } },
      testContext(),
    )
    expect(verdictOf(await lineOf(gone))).toBe('failed MOOR-NET-012')
  })
})

it('measures with the clock that it is given', async () => {
  const line = await lineOf(
    probeAddress({ address: '10.0.0.5', addresses }, testContext(clockAt(0))),
  )
  expect(line.milliseconds).toBe(0)
})
