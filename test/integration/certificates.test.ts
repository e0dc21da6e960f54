import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  certificatesIn,
  createAuthority,
  issueFromRequest,
  issueServerCertificate,
} from '@mooring/certs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { connected, slowPull } from '../support/tls-client.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)
const area = '/api/v1/mooring/certificates'

interface Entry {
  readonly id: string
  readonly current: boolean
  readonly source: string
  readonly by: string
  readonly certificate: { readonly fingerprint: string; readonly names: readonly string[] }
}

interface Clients {
  readonly seen: number
  readonly failing: number
}

interface Overview {
  readonly server: {
    readonly state: string
    readonly uncovered: readonly string[]
    readonly renews: string | null
    readonly renewal_problem: { readonly code: string } | null
  }
  readonly authority: { readonly name: string; readonly key: string; readonly passphrase: string }
  readonly rollover: { readonly phase: string; readonly clients: Clients } | null
  readonly request: { readonly request: string } | null
  readonly history: readonly (Entry & { readonly can_roll_back: boolean })[]
  readonly clients: Clients & { readonly refusing: number }
  readonly refusing: readonly {
    readonly address: string
    readonly name: string | null
    readonly count: number
    readonly accepted: string | null
  }[]
  readonly host_names: readonly string[]
}

let server: TestServer
let api: ApiClient
let firstCa: string
beforeAll(async () => {
  const settings = { SUPER_USERS: ['quay'] }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  firstCa = await readFile(server.caFile, 'utf8')
  api = await server.signedIn()
})
afterAll(() => server.stop())

const file = (name: string) => join(server.dataDir, 'config', name)
const overview = async () => (await api.get(area)) as Overview

/** One handshake by a client that trusts this and nothing else. @returns what it was shown. */
async function handshake(ca = firstCa): Promise<string> {
  const socket = await connected(server, ca)
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

describe('the certificate of a running server', () => {
  it('is renewed at once, while connections that are open go on', async () => {
    const before = await handshake()
    const open = await connected(server, firstCa)
    const renewed = (await api.post(`${area}/renew`, {})) as Entry
    expect(renewed).toMatchObject({ source: 'renewed', by: 'quay', current: true })
    expect(await handshake()).toBe(renewed.certificate.fingerprint)
    expect(renewed.certificate.fingerprint).not.toBe(before)
    const answer = new Promise<string>((resolve) => {
      open.once('data', (data: Buffer) => {
        resolve(data.toString())
      })
    })
    open.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(await answer).toMatch(/^HTTP\/1.1 200/)
    open.destroy()
  })

  it('is swapped fifty times under connections and a pull, of which none fails', async () => {
    const client = server.client()
    const image = createOpaqueImage('swap', [24 * 1024 * 1024])
    await client.pushImage('quay/swap', 'v1', image)
    const layer = image.blobs.find(({ bytes }) => bytes.length > 1024 * 1024)
    if (layer === undefined) throw new Error('no layer')
    let swapping = true
    let handshakes = 0
    const clients = Array.from({ length: 3 }, async () => {
      while (swapping) {
        await handshake()
        handshakes++
      }
    })
    const pull = slowPull(server, firstCa, `/v2/quay/swap/blobs/${layer.digest}`)
    const shown = new Set<string>()
    for (let swap = 0; swap < 50; swap++) {
      const { certificate } = (await api.post(`${area}/renew`, {
        keep_key: swap % 2 === 0,
      })) as Entry
      shown.add(certificate.fingerprint)
    }
    const pulled = pull.finish()
    swapping = false
    await Promise.all(clients)
    expect(await pulled).toBe(layer.digest)
    expect(shown.size).toBe(50)
    expect(handshakes).toBeGreaterThan(50)
    expect((await overview()).history.length).toBeLessThanOrEqual(21)
  }, 60_000)

  it('follows the command line', async () => {
    const printed = await server.mooring(['cert', 'renew'], ['--json'])
    const { certificate } = JSON.parse(printed) as {
      certificate: { sha256Fingerprint: string }
    }
    await until('the server to use it', async () =>
      (await handshake()) === certificate.sha256Fingerprint ? true : undefined,
    )
    expect(await server.mooring(['cert', 'history'])).toContain('renewed, by command line')
    expect(await server.mooring(['cert', 'status'])).toContain('CA key       here')
  })

  it('goes back to an earlier one', async () => {
    const { history, server, host_names: hostNames } = await overview()
    expect(server).toMatchObject({ state: 'valid', renewal_problem: null })
    expect(hostNames).toEqual(expect.arrayContaining([...server.uncovered]))
    expect(history.every((entry) => entry.can_roll_back === !entry.current)).toBe(true)
    const earlier = history.find((entry) => entry.can_roll_back)
    const entry = (await api.post(`${area}/rollback`, { id: earlier?.id })) as Entry
    expect(entry.certificate.fingerprint).toBe(earlier?.certificate.fingerprint)
    expect(await handshake()).toBe(earlier?.certificate.fingerprint)
    const unknown = await api.request('POST', `${area}/rollback`, { id: '../../config' })
    expect([unknown.status, unknown.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'MOOR-TLS-106' }),
    ])
  })

  it('is replaced by one that fits, and not by one that clients would refuse', async () => {
    const now = Date.now()
    const authority = await createAuthority({ commonName: 'Company', now })
    const issue = (names: string[]) => issueServerCertificate({ authority, names, now })
    const wrong = await issue(['elsewhere.example.com'])
    const pem = wrong.certificatePem + wrong.keyPem
    const examined = (await api.post(`${area}/examine`, { pem })) as {
      findings: { code: string }[]
    }
    expect(examined.findings.map(({ code }) => code)).toContain('MOOR-TLS-030')
    const refused = await api.request('POST', `${area}/replace`, { pem })
    expect(refused.status).toBe(400)
    expect(refused.json()).toMatchObject({
      code: 'MOOR-TLS-107',
      message: expect.stringContaining('does not cover') as string,
    })
    const { history } = await overview()
    const names = [...(history[0]?.certificate.names ?? []), '127.0.0.1']
    const right = await issue(names)
    await api.post(`${area}/replace`, {
      files: [right.keyPem, right.certificatePem].map((text) =>
        Buffer.from(text).toString('base64'),
      ),
    })
    await handshake(authority.certificatePem)
    await expect(handshake()).rejects.toThrow()
    expect((await overview()).server).toMatchObject({
      ...{ renews: null, renewal_problem: { code: 'MOOR-TLS-116' } },
    })
    // What clients have to trust now is the company's.
    const http = await fetch(`${server.urls.http}/ca.crt`)
    expect(certificatesIn(await http.text())[0]).toBe(authority.certificatePem)
    await server.mooring(['cert', 'renew'])
    await until('our own again', () => handshake().catch(() => undefined))
  })

  it('is signed elsewhere', async () => {
    const now = Date.now()
    const authority = await createAuthority({ commonName: 'Signer', now })
    const { request } = (await api.post(`${area}/request`, {})) as { request: string }
    expect((await overview()).request?.request).toBe(request)
    const signed = await issueFromRequest({ authority, request, now })
    const server = await api.post(`${area}/request/complete`, { pem: signed })
    expect(server).toMatchObject({ source: 'signed' })
    await handshake(authority.certificatePem)
    const gone = await api.request('DELETE', `${area}/request`)
    expect([gone.status, gone.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'MOOR-TLS-105' }),
    ])
  })
})

describe('its authority', () => {
  beforeAll(async () => {
    await server.mooring(['cert', 'renew'])
    await until('our own again', () => handshake().catch(() => undefined))
    api.close()
    api = await server.signedIn()
  })

  it('is given out in every form, with its fingerprint', async () => {
    for (const [path, form] of [
      ['/ca.der', 'DER'],
      ['/ca.crt', 'PEM'],
    ] as const) {
      const answer = await fetch(server.urls.http + path)
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="mooring-ca/)
      await writeFile(file('given'), Buffer.from(await answer.arrayBuffer()))
      const args = [
        'x509',
        '-inform',
        form,
        '-in',
        file('given'),
        '-noout',
        '-fingerprint',
        '-sha256',
      ]
      const { stdout } = await run('openssl', args)
      expect(stdout.trim().split('=')[1]).toBe(answer.headers.get('x-certificate-sha256'))
    }
    const bundle = await fetch(`${server.urls.http}/ca.p7b`)
    await writeFile(file('given'), Buffer.from(await bundle.arrayBuffer()))
    const args = ['pkcs7', '-inform', 'DER', '-in', file('given'), '-print_certs']
    expect((await run('openssl', args)).stdout).toContain('Mooring CA')
  })

  it('is explained for every client, to everybody', async () => {
    const path = `${area}/trust?host=registry.example.com:8443`
    const explained = (await server.api().get(`${path}&mirrors=docker.io%3Dhub`)) as {
      readonly hosts: readonly string[]
      readonly fingerprint: string
      readonly instructions: readonly {
        readonly commands: readonly string[]
        readonly script: string
        readonly script_name: string
      }[]
    }
    const text = JSON.stringify(explained.instructions)
    expect(text).toContain('/etc/docker/certs.d/registry.example.com:8443')
    expect(text).toContain('https://registry.example.com:8443/v2/hub')
    expect(explained.instructions.map((one) => one.script_name)).toEqual(
      expect.arrayContaining(['mooring-trust-podman.sh', 'mooring-trust-windows.ps1']),
    )
    expect(explained).toMatchObject({ host: 'registry.example.com', port: 8443 })
    expect(explained.hosts).toContainEqual(expect.stringMatching(/^127\.0\.0\.1(?::\d+)?$/))
    const given = await fetch(`${server.urls.http}/ca.crt`)
    expect(given.headers.get('x-certificate-sha256')).toBe(explained.fingerprint)
    for (const host of explained.hosts) {
      const query = new URLSearchParams({ host }).toString()
      expect((await api.request('GET', `${area}/trust?${query}`)).status).toBe(200)
    }
    for (const query of ['host=a%20b', 'mirrors=docker.io', 'mirrors=a%3B%20id%3Db']) {
      expect((await api.request('GET', `${area}/trust?${query}`)).status).toBe(400)
    }
  })

  it('is missed by clients, which are counted until they have it', async () => {
    const url = server.urls.https.replace('127.0.0.1', 'localhost')
    // A client that closes at once may take its alert back with a reset; it will come again.
    const { clients, refusing } = await until('the refusal', async () => {
      await expect(run('curl', ['-sS', url])).rejects.toThrow(/certificate/)
      const seen = await overview()
      return seen.refusing.length > 0 ? seen : undefined
    })
    expect(clients).toMatchObject({ seen: 1, refusing: 1 })
    expect(refusing[0]).toMatchObject({ address: '127.0.0.1', name: 'localhost' })
    const metrics = await (await fetch(`${server.urls.metrics}/metrics`)).text()
    const ours = metrics.split('\n').filter((line) => line.startsWith('mooring_certificate_ref'))
    expect(ours.map((line) => line.replace(/{.*}/, ''))).toEqual([
      'mooring_certificate_refusing_clients 1',
      expect.stringMatching(/^mooring_certificate_refusals_total [1-9]/),
    ])
    await run('curl', ['-sS', '--cacert', server.caFile, `${server.urls.https}/health`])
    const after = await overview()
    expect(after.clients.failing).toBe(0)
    expect(after.refusing[0]?.accepted).not.toBeNull()
  })

  it('gives its key out encrypted, goes offline and comes back', async () => {
    const { authority } = await overview()
    const confirm = authority.name
    const passphrase = 'correct horse battery'
    const body = { confirm, new_passphrase: passphrase }
    const { key } = (await api.post(`${area}/authority/export`, body)) as { key: string }
    const wrong = await api.request('POST', `${area}/authority/offline`, {
      ...{ confirm, key, passphrase: 'another passphrase' },
    })
    expect([wrong.status, wrong.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'MOOR-TLS-004' }),
    ])
    await api.post(`${area}/authority/offline`, { confirm, key, passphrase }, 204)
    expect((await overview()).authority.key).toBe('offline')
    const refused = await api.request('POST', `${area}/renew`, {})
    expect(refused.json()).toMatchObject({ code: 'MOOR-TLS-102' })
    await api.put(`${area}/authority/key`, { key, passphrase, new_passphrase: passphrase }, 204)
    expect((await overview()).authority.key).toBe('encrypted')
    await api.post(`${area}/renew`, { passphrase })
    expect((await overview()).server.renewal_problem?.code).toBe('MOOR-TLS-118')
    const wrongOne = await api.request('PUT', `${area}/authority/passphrase`, {
      passphrase: 'another passphrase',
    })
    expect(wrongOne.json()).toMatchObject({ code: 'MOOR-TLS-004' })
    await api.put(`${area}/authority/passphrase`, { passphrase }, 204)
    expect(await overview()).toMatchObject({
      server: { renewal_problem: null },
      authority: { passphrase: 'stored' },
    })
    await api.delete(`${area}/authority/passphrase`, 204)
    expect((await overview()).authority.passphrase).toBe('none')
    await api.post(`${area}/authority/protect`, { confirm, passphrase }, 204)
    expect((await overview()).authority.key).toBe('here')
    expect(server.output()).not.toContain(passphrase)
  })

  it('is replaced in steps: clients that know the old one alone go on until the last', async () => {
    const old = (await overview()).authority.name
    await api.post(`${area}/authority/rollover`, {})
    const bundle = await (await fetch(`${server.urls.http}/ca.crt`)).text()
    const [, coming = ''] = certificatesIn(bundle)
    await handshake()
    await api.post(`${area}/authority/rollover/switch`, { confirm: old })
    expect(await handshake()).toBe(await handshake(coming))
    expect((await overview()).rollover?.clients).toEqual({ seen: 1, failing: 0 })
    const curl = (ca: string) => run('curl', ['-sS', '--cacert', ca, `${server.urls.https}/health`])
    await writeFile(file('old-ca'), firstCa)
    await writeFile(file('new-ca'), coming)
    await curl(file('old-ca'))
    await curl(file('new-ca'))
    const confirm = (await overview()).authority.name
    await api.post(`${area}/authority/rollover/finish`, { confirm })
    await handshake(coming)
    await expect(handshake()).rejects.toThrow()
    expect((await overview()).rollover).toBeNull()
    expect(await (await fetch(`${server.urls.http}/ca.crt`)).text()).toBe(coming)
  })

  it('stays with superusers whose password is fresh', async () => {
    expect((await server.api().request('GET', area)).status).toBe(401)
  })
})
