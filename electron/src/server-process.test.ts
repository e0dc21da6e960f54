import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get, request, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { atExit } from '../../test/support/at-exit.ts'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { until } from '../../test/support/until.ts'
import { isPinned } from './certificate-pin.ts'
import { FromServer } from './server-messages.ts'

const entry = fileURLToPath(new URL('server-process.ts', import.meta.url))
const folder = createTemporaryFolder('desktop')
const password = 'a-password-for-tests'
const told: FromServer[] = []
let child: ChildProcess

function start(more: NodeJS.ProcessEnv = {}): ChildProcess {
  const started = fork(entry, [], {
    env: {
      PATH: process.env['PATH'],
      MOORING_DATA_DIR: folder.join('data'),
      MOORING_HTTPS_PORT: '0',
      MOORING_HTTP_PORT: '0',
      MOORING_METRICS_PORT: '0',
      MOORING_LISTEN_HOST: '127.0.0.1',
      MOORING_FIRST_PASSWORD: password,
      ...more,
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  atExit(() => started.kill('SIGKILL'))
  return started
}

const find = <Type extends FromServer['type']>(type: Type) =>
  told.findLast((one): one is Extract<FromServer, { type: Type }> => one.type === type)

beforeAll(() => {
  child = start()
  child.on('message', (message) => told.push(FromServer.parse(message)))
})

afterAll(async () => {
  child.kill('SIGKILL')
  await folder.remove()
})

it('says where it listens and which certificate it shows, and serves over just that', async () => {
  const { url, pin, certificateExpiresAt } = await until('the server', () => find('running'), {
    timeoutMs: 50_000,
  })
  expect(certificateExpiresAt).toBeGreaterThan(Date.now())
  const { status, pem } = await new Promise<{ status: number | undefined; pem: string }>(
    (resolve, reject) => {
      const sent = get(`${url}/health/instance`, { ca: [...pin.authorities] }, (response) => {
        const { socket } = response
        const pem = socket instanceof TLSSocket ? toPem(socket.getPeerCertificate().raw) : ''
        resolve({ status: response.statusCode, pem })
        response.resume()
      })
      sent.once('error', reject)
    },
  )
  expect(status).toBe(200)
  const presented = { hostname: '127.0.0.1', chain: [pem] }
  expect(isPinned(presented, { ...pin, authorities: [] }, Date.now())).toBe(true)
  expect(isPinned(presented, { ...pin, fingerprints: [] }, Date.now())).toBe(true)
}, 60_000)

it('refuses a second server on the same data, and says why', async () => {
  const second = start()
  const said: FromServer[] = []
  second.on('message', (message) => said.push(FromServer.parse(message)))
  const [code] = (await once(second, 'exit')) as [number | null]
  expect(code).toBe(1)
  expect(said.at(-1)).toMatchObject({ type: 'failed' })
  expect(JSON.stringify(said.at(-1))).toContain(folder.join('data'))
}, 60_000)

it('counts what is pushed, and finishes it before it ends', async () => {
  const { url, address, pin } = await until('the server', () => find('running'))
  const ca = [...pin.authorities]
  const basic = Buffer.from(`quay:${password}`).toString('base64')
  const scope = `service=${address}&scope=repository:quay/web:pull,push`
  const answer = await ask(`${url}/v2/auth?${scope}`, {
    ca,
    headers: { Authorization: `Basic ${basic}` },
  })
  const { token } = JSON.parse(answer.text) as { token: string }
  const headers = { Authorization: `Bearer ${token}` }
  const begun = await ask(`${url}/v2/quay/web/blobs/uploads/`, { ca, method: 'POST', headers })
  expect(begun.status).toBe(202)
  const push = request(new URL(begun.location, url), {
    ca,
    method: 'PATCH',
    headers: { ...headers, 'Content-Length': '10', Expect: '100-continue' },
    agent: false,
  })
  const answered = once(push, 'response')
  answered.catch(() => undefined)
  push.flushHeaders()
  await once(push, 'continue')
  push.write('12345')
  await until('an upload', () => (find('activity')?.activity.uploads === 1 ? true : undefined))

  child.send({ type: 'stop' })
  await until('the end', () => find('stopping'))
  push.end('67890')
  const [response] = (await answered) as [IncomingMessage]
  expect(response.statusCode).toBe(202)
  response.resume()
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code).toBe(0)
}, 60_000)

it('ends by itself when the program that started it is gone', async () => {
  const orphan = start()
  orphan.on('message', (message) => {
    if (FromServer.parse(message).type === 'running') orphan.disconnect()
  })
  const [code] = (await once(orphan, 'exit')) as [number | null]
  expect(code).toBe(0)
}, 60_000)

it('says where an empty computer waits for its setup, and the code that opens it', async () => {
  const empty = start({ MOORING_DATA_DIR: folder.join('empty'), MOORING_SETUP: '1' })
  const said: FromServer[] = []
  empty.on('message', (message) => said.push(FromServer.parse(message)))
  const setup = await until('the setup', () => said.find((one) => one.type === 'setup'), {
    timeoutMs: 50_000,
  })
  expect(said[0]).toEqual({ type: 'starting' })
  const { url, code, fingerprint } = setup
  const enter = (typed: string) => {
    const headers = { 'Content-Type': 'application/json', Origin: url }
    // Its certificate is nobody's; whose it is, the fingerprint says.
    const options = { method: 'POST', headers, rejectUnauthorized: false, agent: false as const }
    const body = JSON.stringify({ code: typed, takeOver: true })
    return ask(`${url}/api/v1/mooring/setup/session`, options, body)
  }
  expect((await enter('AAAA-AAAA-AAAA-AAAA')).status).toBeGreaterThanOrEqual(400)
  const entered = await enter(code)
  expect(entered.status).toBeLessThan(300)
  expect(entered.fingerprint).toBe(fingerprint)
  empty.send({ type: 'stop' })
  const [exitCode] = (await once(empty, 'exit')) as [number | null]
  expect(exitCode).toBe(0)
}, 60_000)

async function ask(address: string, options: RequestOptions, body = '') {
  const sent = request(address, options).end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { socket } = response
  return {
    status: response.statusCode,
    fingerprint:
      socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined,
    location: response.headers.location ?? '',
    text: await text(response),
  }
}

function toPem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----`
}
