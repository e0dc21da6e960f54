import { readFileSync } from 'node:fs'
import { readConfig } from '../config/read-config.ts'
import { ConfigError, type Environment } from '../config/config.ts'
import { ServiceError } from './service-codes.ts'
import { containerPorts, type ServiceMode } from './service-plan.ts'

export interface HealthAnswer {
  readonly url: string
  readonly status: number
  readonly body: string
}

const answerTimeoutMs = 8_000
const shownBytes = 1000

/**
 * Asks the server of this machine whether it works, on its plain port, which serves this machine.
 * @throws ServiceError when nobody answers or something does not work.
 */
export async function checkHealth(where: {
  readonly dataDir: string
  readonly configDir: string
  readonly env: Environment
  /** Of a service of this machine; a container knows its own. */
  readonly mode?: ServiceMode
}): Promise<HealthAnswer> {
  const mode = where.mode === 'repomirror' ? 'workers' : containerMode()
  const { httpHost, metricsHost, http, metrics, isConfigured } = await listening(where)
  if (mode === 'workers') return expectStatus(await ask(metricsHost, metrics, '/metrics'), [200])
  // The editor of the configuration wants a password: that it says so is enough.
  if (mode === 'editor')
    return expectStatus(await ask(httpHost, http, '/api/v1/config'), [200, 401])
  const path = isConfigured ? '/health/instance' : '/healthz'
  return expectStatus(await ask(httpHost, http, path), [200])
}

function expectStatus(answer: HealthAnswer, expected: readonly number[]): HealthAnswer {
  if (expected.includes(answer.status)) return answer
  throw new ServiceError('MOOR-SVC-010', `${answer.url} ${answer.status} ${answer.body}`)
}

async function listening(where: Parameters<typeof checkHealth>[0]) {
  try {
    const { listen } = await readConfig({ ...where, flags: {} })
    const { host = listen.family === 'IPv6' ? '::1' : '127.0.0.1', httpPort, metricsPort } = listen
    const { httpHost = host, metricsHost = host } = listen
    return { httpHost, metricsHost, http: httpPort, metrics: metricsPort, isConfigured: true }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { MOORING_SETUP_HTTP_PORT: ofSetup, MOORING_HTTP_PORT: ofServer } = where.env
    const port = Number(ofSetup ?? ofServer ?? containerPorts.http)
    const own = { httpHost: '127.0.0.1', metricsHost: '127.0.0.1' }
    return { ...own, http: port, metrics: containerPorts.metrics, isConfigured: false }
  }
}

/** Which mode the container runs in, from its first process: a health command is told nothing else. */
function containerMode(): 'workers' | 'editor' | 'registry' {
  let words: readonly string[] = []
  try {
    words = readFileSync('/proc/1/cmdline', 'utf8').split('\0')
  } catch {
    // No such file system, or not ours to read.
  }
  const program = words.findIndex((word) => /(?:^|\/)mooring(?:\.js)?$/.test(word))
  const mode = program < 0 ? undefined : words[program + 1]
  if (mode?.startsWith('repomirror') === true) return 'workers'
  return mode === 'config' ? 'editor' : 'registry'
}

async function ask(host: string, port: number, path: string): Promise<HealthAnswer> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs)
    const answer = await fetch(url, { signal, headers: { connection: 'close' } })
    const body = answer.ok ? '' : (await answer.text()).slice(0, shownBytes)
    return { url, status: answer.status, body }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw new ServiceError('MOOR-SVC-009', `${url}: ${String(cause)}`, { cause: error })
  }
}
