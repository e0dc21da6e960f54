import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  createAuthority,
  fingerprint,
  issueServerCertificate,
  type KeyedCertificate,
} from '@mooring/certs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const area = '/api/v1/mooring/certificates/trusted'

interface Shown {
  readonly trusted: boolean
  readonly chain: readonly { readonly fingerprint: string; readonly is_root: boolean }[]
}

let authority: KeyedCertificate
let upstream: Server
let port: number
let server: TestServer
let api: ApiClient
beforeAll(async () => {
  const now = Date.now()
  authority = await createAuthority({ commonName: 'Upstream', now })
  const leaf = await issueServerCertificate({ authority, names: ['127.0.0.1'], now })
  const cert = leaf.certificatePem + authority.certificatePem
  upstream = createServer({ cert, key: leaf.keyPem }, (_req, res) => res.end())
  await new Promise<void>((resolve) => {
    upstream.listen(0, '127.0.0.1', resolve)
  })
  port = (upstream.address() as AddressInfo).port
  const settings = { SUPER_USERS: ['quay'] }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  api = await server.signedIn()
})
afterAll(async () => {
  upstream.close()
  await server.stop()
})

const look = async () => (await api.post(`${area}/fetch`, { host: '127.0.0.1', port })) as Shown
const listed = async () => {
  const { files } = (await api.get(area)) as {
    files: { file: string; certificates: { fingerprint: string }[] }[]
  }
  return files.flatMap(({ certificates }) => certificates.map((one) => one.fingerprint))
}

describe('what the registry trusts', () => {
  it('is taken from a server by a compared fingerprint, at once, and given up again', async () => {
    const sha256 = fingerprint(authority.certificatePem)
    const shown = await look()
    expect(shown.trusted).toBe(false)
    expect(shown.chain.map(({ is_root: isRoot }) => isRoot)).toEqual([false, true])
    expect(shown.chain[1]?.fingerprint).toBe(sha256)
    expect(await listed()).toEqual([])

    await api.post(area, { server: { host: '127.0.0.1', port, fingerprint: sha256 } })
    expect(await listed()).toEqual([sha256])
    expect((await look()).trusted).toBe(true)

    await api.delete(`${area}/${sha256.replaceAll(':', '')}`, 204)
    expect(await listed()).toEqual([])
    expect((await look()).trusted).toBe(false)
    expect(server.output()).toContain('certificate_trust_added')
    expect(server.output()).toContain('certificate_trust_removed')
  })

  it('takes nothing that is no authority, and no name that is a path', async () => {
    const status = async (body: unknown) => (await api.request('POST', area, body)).status
    const pem = authority.certificatePem
    expect(await status({ pem: 'nothing' })).toBe(400)
    expect(await status({})).toBe(400)
    for (const name of ['../evil', '.hidden', 'a/b']) expect(await status({ pem, name })).toBe(400)
    const gone = await api.request('POST', `${area}/fetch`, { host: '127.0.0.1', port: 1 })
    expect([gone.status, gone.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'MOOR-TLS-127' }),
    ])
    expect((await api.request('DELETE', `${area}/config.yaml`)).status).toBe(404)
    expect(await listed()).toEqual([])
  })

  it('is not looked for at a server while the site is disconnected', async () => {
    const connection = '/api/v1/mooring/mirrors/connection'
    const at = { host: '127.0.0.1', port }
    const sha256 = fingerprint(authority.certificatePem)
    await api.put(connection, { connected: false })
    try {
      const message = expect.stringContaining(
        'this site is disconnected from other registries',
      ) as string
      for (const [path, body] of [
        [`${area}/fetch`, at],
        [area, { server: { ...at, fingerprint: sha256 } }],
      ] as const) {
        const refused = await api.request('POST', path, body)
        expect([refused.status, refused.json()]).toEqual([
          400,
          expect.objectContaining({ code: 'disconnected', error_message: message }),
        ])
      }
      expect(await listed()).toEqual([])
    } finally {
      await api.put(connection, { connected: true })
    }
    expect((await look()).chain).toHaveLength(2)
  })

  it('is for superusers alone', async () => {
    expect((await server.api().request('GET', area)).status).toBe(401)
  })

  it('is changed from the command line too', async () => {
    const sha256 = fingerprint(authority.certificatePem)
    const at = `127.0.0.1:${String(port)}`
    const trust = (...args: string[]) => server.mooring(['cert', 'trust', ...args])
    expect(await trust('fetch', at)).toContain(`SHA-256 ${sha256}`)
    await trust('fetch', at, '--fingerprint', sha256, '--name', 'upstream')
    expect(await listed()).toEqual([sha256])
    const files = await server.mooring(['cert', 'trust', 'list'], ['--json'])
    expect(JSON.parse(files)).toMatchObject({ files: [{ file: 'extra_ca_certs/upstream.crt' }] })
    await trust('remove', sha256)
    expect(await listed()).toEqual([])
  })
})
