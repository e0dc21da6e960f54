import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { spawnServer } from '../../../../test/support/child-server.ts'
import { findFreePorts } from '../../../../test/support/free-ports.ts'
import { startMailServer } from '../../../../test/support/mail-server.ts'
import { createPostgresDatabase } from '../../../../test/support/postgres-database.ts'
import { findProgram } from '../../../../test/support/programs.ts'
import { startObjectStore } from '../../../../test/support/object-store.ts'
import { until } from '../../../../test/support/until.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLiveChecks } from './live-checks.ts'

const live = createLiveChecks({ config: {}, certs: new Map() }, { clock: systemClock, env: {} })
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    if ('closeAllConnections' in server)
      (server as { closeAllConnections(): void }).closeAllConnections()
    server.close()
    return once(server, 'close')
  })
  return (server.address() as AddressInfo).port
}

async function serveHttp(handler: RequestListener): Promise<string> {
  return `http://127.0.0.1:${String(await listen(createHttpServer(handler)))}`
}

describe('a live check', () => {
  it.skipIf(findProgram('redis-server') === undefined)('logs in to Redis', async () => {
    const [port = 0] = await findFreePorts(1)
    const args = ['--port', String(port), '--requirepass', 'opensesame', '--save', '']
    const redis = spawnServer(findProgram('redis-server') ?? '', args, { env: {} })
    closers.push(() => redis.stop())
    await until('Redis to listen', () => redis.output().includes('Ready to accept') || undefined)
    const target = { host: '127.0.0.1', port, tls: false }
    expect(await live.redis({ ...target, password: 'opensesame' })).toBeUndefined()
    const refused = await live.redis({ ...target, password: 'not-this-one' })
    expect(refused).toMatch(/WRONGPASS/)
    expect(refused).not.toContain('not-this-one')
  })

  it('says that nobody listens', async () => {
    const [port = 0] = await findFreePorts(1)
    expect(await live.redis({ host: '127.0.0.1', port, tls: false })).toMatch(/ECONNREFUSED/)
    expect(await live.tcp('127.0.0.1', port)).toMatch(/ECONNREFUSED/)
    const mail = await live.mail({ server: '127.0.0.1', port, useTls: false })
    expect(mail?.message).toMatch(/^Cannot reach 127\.0\.0\.1\. Error: .*ECONNREFUSED/)
    const uri = `ldap://127.0.0.1:${String(port)}`
    const ldap = await live.ldap({
      uri,
      adminDn: 'a',
      password: 'b',
      baseDn: 'c',
      filter: '(uid=*)',
    })
    expect(ldap?.message).toMatch(/^Could not connect to ldap:\S+\. Error: .*ECONNREFUSED/)
    const database = await live.database(`postgresql://u:pa55word@127.0.0.1:${String(port)}/x`, {})
    expect(database).toMatch(/ECONNREFUSED/)
    expect(database).not.toContain('pa55word')
    const endpoint = `http://127.0.0.1:${String(port)}`
    const target = { bucket: 'b', keys: { id: 'i', secret: 's' }, endpoint, region: 'us-east-1' }
    expect(await live.bucket('main', target)).toMatch(
      /^Could not connect to storage main\. Error: /,
    )
  })

  it('looks for a bucket', async () => {
    await using s3 = await startObjectStore()
    const keys = { id: s3.accessKey, secret: s3.secretKey }
    const target = { keys, endpoint: s3.endpoint, region: 'us-east-1' }
    expect(await live.bucket('main', { ...target, bucket: s3.bucket })).toBeUndefined()
    expect(await live.bucket('main', { ...target, bucket: 'other' })).toBe(
      'Could not find bucket (other) in storage (main)',
    )
    expect(s3.keys()).toEqual([])
  })

  it('is greeted by a mail server, which has no TLS here', async () => {
    await using mail = await startMailServer()
    const target = { server: '127.0.0.1', port: mail.port }
    expect(await live.mail({ ...target, useTls: false })).toBeUndefined()
    expect(await live.mail({ ...target, useTls: true })).toMatchObject({ tag: 'MAIL_USE_TLS' })
  })

  it.each([
    [0, undefined],
    [49, /^Could not authenticate LDAP server\. Error: /],
  ])('binds to LDAP, which answers %i', async (code, expected) => {
    const port = await listen(
      createServer((socket) => {
        answerLdap(socket, code)
      }),
    )
    const uri = `ldap://127.0.0.1:${String(port)}`
    const target = { adminDn: 'cn=a', password: 'opensesame', baseDn: 'dc=x', filter: '(&(uid=*))' }
    const problem = await live.ldap({ uri, ...target })
    if (expected === undefined) expect(problem).toBeUndefined()
    else expect(problem?.message).toMatch(expected)
  })

  it.each([
    ['invalid_grant', undefined],
    ['access_denied', 'Incorrect credentials for OIDC Plant'],
    ['server_error', 'Could not reach OIDC server Plant. Error: server_error'],
  ])('offers a made-up code to a provider that says %s', async (error, expected) => {
    const url = await serveHttp((req, res) => {
      const isDiscovery = req.url === '/.well-known/openid-configuration'
      res.writeHead(isDiscovery ? 200 : 400)
      res.end(
        JSON.stringify(isDiscovery ? { issuer: url, token_endpoint: `${url}/token` } : { error }),
      )
    })
    const target = {
      clientId: 'a',
      clientSecret: 'b',
      serviceName: 'Plant',
      redirectUri: 'http://x',
    }
    expect(await live.oidc({ server: `${url}/`, ...target })).toBe(expected)
    const isKnown = await live.fakeCode(`${url}/token`, { CLIENT_ID: 'a', CLIENT_SECRET: 'b' })
    expect(isKnown).toBe(error === 'invalid_grant')
  })

  it('lists the containers of Swift', async () => {
    const url = await serveHttp((req, res) => {
      if (req.url === '/auth') {
        const isRight = req.headers['x-auth-key'] === 'opensesame'
        res.writeHead(isRight ? 200 : 401, { 'X-Storage-Url': `${url}/v1`, 'X-Auth-Token': 't' })
        res.end()
      } else res.end(JSON.stringify([{ name: 'images' }]))
    })
    const account = { version: 1, authUrl: `${url}/auth`, user: 'u', password: 'opensesame' }
    const target = { ...account, domain: '', tenantId: '', tenantName: '', region: '' }
    expect(await live.swift({ ...target, container: 'images' })).toBeUndefined()
    expect(await live.swift({ ...target, container: 'other' })).toBe(
      'Could not find container (other) in Swift storage.',
    )
    expect(await live.swift({ ...target, password: 'no', container: 'images' })).toBe(
      'Could not connect to Swift storage. Error: status 401',
    )
  })

  it.skipIf(inject('postgresUrl') === '')('asks PostgreSQL for its extension', async () => {
    const database = await createPostgresDatabase(inject('postgresUrl'))
    closers.push(() => database.drop())
    const { DB_URI } = database.config
    expect(await live.database(String(DB_URI), {})).toBe(
      'if you are using a Postgres database, you must install the pg_trgm extension',
    )
    expect(await live.database(String(DB_URI), { sslmode: 'require' })).toMatch(/SSL/)
    expect(await live.database('oracle://x/y', {})).toBe('you must use a valid scheme')
  })
})

/** Answers each request of a connection with one code: a bind, and an empty search. */
function answerLdap(socket: Socket, code: number): void {
  const result = [0x0a, 1, code, 4, 0, 4, 0]
  socket.on('error', () => undefined)
  socket.on('data', (data: Buffer) => {
    const start = data[1] === undefined || data[1] < 0x80 ? 2 : 2 + (data[1] & 0x7f)
    const operation = data[start + 3]
    if (operation === 0x42) return
    const answer = operation === 0x60 ? 0x61 : 0x65
    const id = data[start + 2] ?? 0
    socket.write(Buffer.from([0x30, 12, 2, 1, id, answer, result.length, ...result]))
  })
}
