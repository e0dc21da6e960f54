import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { spawnServer, type ChildServer } from './child-server.ts'
import { findFreePorts } from './free-ports.ts'
import { projectRoot } from './source-files.ts'
import { until } from './until.ts'

export interface SetupAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  json(): Record<string, unknown>
}

export interface SetupServer {
  readonly child: ChildServer
  readonly url: string
  readonly code: string
  readonly fingerprint: string
}

/** `mooring serve --setup` on free ports. */
export async function startSetup(
  dataDir: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<SetupServer> {
  const ports = ['--host', '127.0.0.1', '--port', '0', '--http-port', '0']
  const command = ['serve', '--setup', '--data', dataDir, ...ports, ...args]
  const child = spawnServer(
    process.execPath,
    [join(projectRoot, 'server/bin/mooring.js'), ...command],
    { env: { ...process.env, ...env } },
  )
  return until('the setup to open', () => {
    const said = child.output()
    const url = /its setup at (\S+)\/setup/.exec(said)?.[1]
    const code = /setup code {3}(\S+)/.exec(said)?.[1]
    const fingerprint = /((?:[0-9A-F]{2}:){31}[0-9A-F]{2})/.exec(said)?.[1]
    if (url !== undefined && code !== undefined && fingerprint !== undefined) {
      return { child, url: url.replace('localhost', '127.0.0.1'), code, fingerprint }
    }
    if (child.hasExited()) throw new Error(`the setup ended at its start\n${said}`)
    return undefined
  })
}

export type SetupClient = ReturnType<typeof createSetupClient>

/** A browser as far as the setup sees one: it keeps the cookie, and has looked at no certificate. */
export function createSetupClient(url: string) {
  let cookie = ''
  const agent = new Agent({ rejectUnauthorized: false })

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    at = url,
  ): Promise<SetupAnswer> {
    const sent = body === undefined ? '' : JSON.stringify(body)
    const type = method === 'GET' ? {} : { 'content-type': 'application/json' }
    return new Promise((resolve, reject) => {
      const req = request(
        `${at}${path}`,
        {
          ...{ method, agent },
          headers: {
            ...{ ...type, ...headers },
            ...(cookie !== '' && { cookie }),
            'content-length': String(Buffer.byteLength(sent)),
          },
        },
        (res) => {
          const set = res.headers['set-cookie']?.[0]?.split(';', 1)[0]
          if (set !== undefined) cookie = set
          text(res).then((read) => {
            resolve({
              ...{ status: res.statusCode ?? 0, headers: res.headers, text: read },
              json: () => JSON.parse(read) as Record<string, unknown>,
            })
          }, reject)
        },
      )
      req.on('error', reject)
      req.end(sent)
    })
  }

  const api = (method: string, path: string, body?: unknown, at = url) =>
    call(method, `/api/v1/mooring/setup${path}`, body, {}, at)
  return {
    call,
    api,
    cookie: () => cookie,
    enter: (code: string, takeOver = false) => api('POST', '/session', { code, takeOver }),
    save: (step: string, values: unknown, saveAnyway = true) =>
      api('PUT', `/steps/${step}`, { values, saveAnyway }),
    close: () => {
      agent.destroy()
    },
  }
}

/** Answers that suit a test machine; a step each. */
export async function testAnswers(dataDir: string) {
  const [httpsPort, httpPort, metricsPort] = await findFreePorts(3)
  return {
    identity: {
      ...{ title: 'Test site', primaryName: 'localhost', moreNames: ['registry.test'] },
      ...{ addresses: ['127.0.0.1'], externalPort: null },
    },
    network: {
      ...{ family: 'IPv4', addresses: ['127.0.0.1'], httpsPort, httpPort, metricsPort },
      ...{ tls13Only: false, outbound: { kind: 'direct' } },
    },
    certificates: {
      ...{ kind: 'create', commonName: 'Test Root CA', organization: 'Tests', country: '' },
      ...{ years: 10, nameConstraints: false, keyType: 'ecdsa-p256', serverDays: 397 },
    },
    storage: {
      where: { kind: 'disk', path: join(dataDir, 'storage') },
      database: { kind: 'sqlite' },
      ...{ warnAtPercent: 98, stopAtPercent: 99, timeMachine: '2w' },
    },
    admin: {
      ...{ username: 'captain', email: '', password: 'harbour-lantern-42' },
      ...{ anonymousPulls: false, selfRegistration: false, sessionDays: 31 },
    },
  }
}

export async function saveAll(client: SetupClient, answers: Record<string, unknown>) {
  for (const [step, values] of Object.entries(answers)) {
    const answer = await client.save(step, values)
    if (answer.status !== 200) throw new Error(`${step}: ${answer.text}`)
  }
  if ('admin' in answers) await keepKit(client)
}

/** What people do before they apply: look at the recovery kit and put it away. */
export async function keepKit(client: SetupClient): Promise<Record<string, unknown>> {
  const kit = await client.api('POST', '/recovery-kit', {})
  const stored = await client.api('POST', '/recovery-kit/stored', {})
  if (kit.status !== 200 || stored.status !== 200) throw new Error(kit.text + stored.text)
  return kit.json()
}

/** Applies, and waits for the end of it at whatever address answers. */
export async function applied(client: SetupClient, addresses: readonly string[]) {
  const begun = await client.api('POST', '/apply', {})
  if (begun.status !== 202) throw new Error(begun.text)
  return until('the setup to finish', async () => {
    for (const url of addresses) {
      const answer = await client.api('GET', '/apply', undefined, url).catch(() => undefined)
      if (answer?.status !== 200) continue
      const now = answer.json()
      if (now['phase'] === 'failed') throw new Error(answer.text)
      if (now['phase'] === 'finished') return now
    }
    return undefined
  })
}

export function readState(dataDir: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(dataDir, 'setup-state.json'), 'utf8')) as Record<
    string,
    unknown
  >
}
