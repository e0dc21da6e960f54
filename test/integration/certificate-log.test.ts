import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority, issueFromRequest, issueServerCertificate } from '@mooring/certs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const area = '/api/v1/mooring/certificates'
const passphrase = 'anchor chain windlass'

interface Line {
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly ip: string | null
  readonly performer?: { readonly name: string }
}

let server: TestServer
let api: ApiClient
beforeAll(async () => {
  const settings = { SUPER_USERS: ['quay'], SERVER_HOSTNAME: 'localhost' }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  api = await server.signedIn()
})
afterAll(() => server.stop())

const file = (name: string) => readFile(join(server.dataDir, 'config', name), 'utf8')
const change = (path: string, body: unknown = {}, method = 'POST') =>
  api.request(method, `${area}${path}`, body).then((answer) => {
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text()}`)
    return answer.body.length === 0 ? undefined : answer.json()
  })
const remove = (path: string) => change(path, undefined, 'DELETE')
const logged = async (): Promise<readonly Line[]> => {
  const { items } = (await api.get('/api/v1/mooring/logs?limit=100')) as { items: Line[] }
  return items.filter(({ kind }) => kind.startsWith('certificate_')).toReversed()
}
const kinds = async () => (await logged()).map(({ kind }) => kind)

it('each change of the certificates is in the action log, with who made it and no secret', async () => {
  const name = async () => ((await api.get(area)) as { authority: { name: string } }).authority.name
  const own = { certificatePem: await file('ca.crt'), keyPem: await file('ca.key') }
  const issued = { authority: own, names: ['localhost', '127.0.0.1', '::1'], now: Date.now() }

  await change('/renew')
  await change('/renew', { names: ['localhost', '127.0.0.1', '::1', 'more.test'] })
  const uploaded = await issueServerCertificate(issued)
  await change('/replace', { pem: uploaded.certificatePem + uploaded.keyPem })
  await change('/rollback')
  await change('/request')
  await remove('/request')
  const { request } = (await change('/request')) as { request: string }
  await change('/request/complete', { pem: await issueFromRequest({ ...issued, request }) })

  const confirm = await name()
  const protection = { confirm, new_passphrase: passphrase }
  const exported = (await change('/authority/export', protection)) as { key: string }
  const encrypted = { key: exported.key, passphrase }
  await change('/authority/offline', { confirm, ...encrypted })
  await change('/authority/key', encrypted, 'PUT')
  await change('/authority/protect', protection)
  await change('/authority/passphrase', { passphrase }, 'PUT')
  await remove('/authority/passphrase')
  await change('/authority/protect', { confirm, passphrase })
  await change('/authority/renew')
  await change('/authority/rollover')
  await remove('/authority/rollover')
  await change('/authority/rollover')
  await change('/authority/rollover/switch', { confirm })
  await change('/authority/rollover/finish', { confirm: await name() })

  const upstream = await createAuthority({ commonName: 'Upstream', now: Date.now() })
  const { files } = (await change('/trusted', { pem: upstream.certificatePem })) as {
    files: readonly { certificates: readonly { fingerprint: string }[] }[]
  }
  await remove(`/trusted/${files[0]?.certificates[0]?.fingerprint ?? ''}`)

  const expected = [
    ...['renewed', 'names_changed', 'imported', 'rolled_back'],
    ...['request_created', 'request_discarded', 'request_created', 'signed'],
    ...['authority_key_exported', 'authority_taken_offline', 'authority_key_stored'],
    ...['authority_key_stored', 'authority_passphrase_stored', 'authority_passphrase_forgotten'],
    ...['authority_key_stored', 'authority_renewed', 'authority_rollover_started'],
    ...['authority_rollover_cancelled', 'authority_rollover_started', 'renewed'],
    ...['authority_rollover_switched', 'renewed', 'authority_rollover_finished'],
    ...['trust_added', 'trust_removed'],
  ].map((kind) => `certificate_${kind}`)
  await until('the log', async () => (await kinds()).length >= expected.length || undefined)
  expect(await kinds()).toEqual(expected)

  const lines = await logged()
  expect(new Set(lines.map(({ performer }) => performer?.name))).toEqual(new Set(['quay']))
  expect(lines.every(({ ip }) => ip !== null)).toBe(true)
  const said = JSON.stringify(lines)
  expect(said).not.toContain(passphrase)
  expect(said).not.toContain('PRIVATE KEY')
  expect(lines[1]?.metadata['old_names']).not.toContain('more.test')
  expect(lines[1]?.metadata['names']).toContain('more.test')
})

it('what the command line changed is there too, and is told once', async () => {
  // the authority has changed since, and a new connection has to know the new one
  api = await server.signedIn()
  const before = (await logged()).length
  await server.mooring(['cert', 'renew'])
  await until('the line', async () => (await logged()).length > before || undefined)
  const [line] = (await logged()).slice(before)
  expect(line).toMatchObject({ kind: 'certificate_renewed', ip: null })
  expect(line?.performer ?? null).toBeNull()
  expect(line?.metadata['performer']).toBe('command line')
  const waiting = async () =>
    (await readdir(join(server.dataDir, 'config/certificates'))).filter((name) =>
      name.startsWith('change-'),
    )
  await until('the end of it', async () => (await waiting()).length === 0 || undefined)
  expect((await logged()).length).toBe(before + 1)
})

it('files that somebody put in place are there as well, once', async () => {
  const own = { certificatePem: await file('ca.crt'), keyPem: await file('ca.key') }
  const names = ['localhost', '127.0.0.1', '::1', 'by-hand.test']
  const pair = await issueServerCertificate({ authority: own, names, now: Date.now() })
  const before = (await logged()).length
  const put = (name: string, content: string) =>
    writeFile(join(server.dataDir, 'config', name), content)
  await put('ssl.key', pair.keyPem)
  await put('ssl.cert', pair.certificatePem)
  await until('the line', async () => (await logged()).length > before || undefined)
  await server.restart()
  api = await server.signedIn()
  expect((await logged()).slice(before)).toMatchObject([
    {
      ...{ kind: 'certificate_imported', ip: null },
      metadata: { names, source: 'files', performer: 'found in place' },
    },
  ])
})
