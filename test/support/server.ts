import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnServer, type ChildServer } from './child-server.ts'
import { createApiClient, type ApiClient } from './api-client.ts'
import { runProgram, tryProgram, type ProgramResult } from './cli.ts'
import type { PrivateNetwork } from './private-network.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'
import { projectRoot } from './source-files.ts'
import { createTemporaryFolder } from './temporary.ts'
import { until } from './until.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')

export interface TestServerOptions {
  /** SERVER_HOSTNAME, when clients are to be told another name than the one they used. */
  readonly hostname?: string
  readonly host?: string
  /** Instead of an empty temporary folder; it stays when the server is stopped. */
  readonly dataDir?: string
  /** Further arguments of `mooring serve`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where it and its commands run instead of here; the clients of this process stay here. */
  readonly network?: Pick<PrivateNetwork, 'enter'>
}

export interface ServerAddresses {
  readonly http: string
  readonly https: string
  readonly metrics: string
  readonly pid: number
}

export interface TestServer extends AsyncDisposable {
  /** Where it listens now; the ports stay the same over a restart. */
  readonly urls: ServerAddresses
  /** `host:port` of the TLS address, as it stands in front of an image name. */
  readonly host: string
  readonly dataDir: string
  readonly caFile: string
  /** The superuser of the first start. */
  readonly username: string
  readonly password: string
  output(): string
  /** Runs another `mooring` command on the same data. @returns its stdout. */
  mooring(command: readonly string[], args?: readonly string[]): Promise<string>
  /** As `mooring`, for a command that may fail. */
  tryMooring(command: readonly string[], args?: readonly string[]): Promise<ProgramResult>
  /** A client that trusts the server's authority; the superuser's unless told otherwise. */
  client(account?: { username: string; password: string } | 'anonymous'): RegistryClient
  /** The management API without a login, or with an OAuth token. */
  api(bearer?: string): ApiClient
  /** The management API with the session of an account; the superuser's unless told otherwise. */
  signedIn(account?: { username: string; password: string }): Promise<ApiClient>
  /** Waits for the end of one that was told to end by somebody else. */
  ended(): Promise<void>
  /** Ends it gracefully and removes its data. */
  stop(): Promise<void>
  /** Ends it as a power cut would; the data stays for `restart`. */
  kill9(): Promise<void>
  /** Starts it again on the same data and ports, after a graceful stop if it still runs. */
  restart(): Promise<void>
}

/** The real server as a process of its own, on free ports of the loopback and an empty folder. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = createTemporaryFolder('server')
  const dataDir = options.dataDir ?? folder.join('data')
  const readyFile = folder.join('ready.json')
  const password = 'a-password-for-tests'
  const direct = { HTTP_PROXY: '', HTTPS_PROXY: '' }
  const env = { ...process.env, ...direct, MOORING_FIRST_PASSWORD: password, ...options.env }
  const clients: (RegistryClient | ApiClient)[] = []
  const [program = '', ...before] = [
    ...(options.network?.enter(folder.path) ?? []),
    ...[process.execPath, mooring],
  ]

  let child: ChildServer
  let urls: ServerAddresses

  async function start(ports: { http: string; https: string; metrics: string }) {
    await rm(readyFile, { force: true })
    const flags = {
      data: dataDir,
      host: options.host ?? '127.0.0.1',
      port: ports.https,
      'http-port': ports.http,
      'metrics-port': ports.metrics,
      'ready-file': readyFile,
      ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
    }
    const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
    child = spawnServer(program, [...before, 'serve', ...args, ...(options.args ?? [])], {
      env,
      cwd: folder.path,
    })
    const isListening = () => {
      if (child.hasExited()) throw new Error(`the server ended at its start\n${child.output()}`)
      return readReadyFile(readyFile)
    }
    urls = await until('the server to listen', isListening, { timeoutMs: 60_000 })
  }

  const portOf = (url: string) => new URL(url).port
  /** A server that was asked to end has to end well, not just somehow. */
  const stopChild = async () => {
    const wasRunning = !child.hasExited()
    await child.stop()
    if (wasRunning && child.exitCode() !== 0) {
      throw new Error(`the server ended with ${String(child.exitCode())}\n${child.output()}`)
    }
  }
  const stop = async () => {
    for (const client of clients.splice(0)) client.close()
    try {
      await stopChild()
    } finally {
      await folder.remove()
    }
  }

  try {
    await start({ http: '0', https: '0', metrics: '0' })
  } catch (error) {
    await stop()
    throw error
  }

  const ofCommand = { env: { PATH: process.env['PATH'] ?? '' }, cwd: folder.path }
  const argumentsOf = (command: readonly string[], args: readonly string[]) => [
    ...[...before, ...command, '--data', dataDir],
    ...args,
  ]
  const caFile = join(dataDir, 'config/ca.crt')
  const openApi = (bearer?: string): ApiClient => {
    const client = createApiClient({
      baseUrl: urls.https,
      ca: readFileSync(caFile),
      ...(bearer !== undefined && { bearer }),
    })
    clients.push(client)
    return client
  }
  return {
    get urls() {
      return urls
    },
    get host() {
      return new URL(urls.https).host
    },
    dataDir,
    caFile,
    username: 'quay',
    password,
    output: () => child.output(),
    mooring: (command, args = []) => runProgram(program, argumentsOf(command, args), ofCommand),
    tryMooring: (command, args = []) => tryProgram(program, argumentsOf(command, args), ofCommand),
    client(account = { username: 'quay', password }) {
      const client = createRegistryClient({
        baseUrl: urls.https,
        ca: readFileSync(caFile),
        ...(account === 'anonymous' ? {} : account),
      })
      clients.push(client)
      return client
    },
    api: openApi,
    async signedIn(account = { username: 'quay', password }) {
      const client = openApi()
      await client.signIn(account.username, account.password)
      return client
    },
    async ended() {
      await until('the server to end', () => child.hasExited() || undefined)
    },
    stop,
    kill9: () => child.kill9(),
    async restart() {
      await stopChild()
      await start({
        http: portOf(urls.http),
        https: portOf(urls.https),
        metrics: portOf(urls.metrics),
      })
    },
    [Symbol.asyncDispose]: stop,
  }
}

function readReadyFile(file: string): ServerAddresses | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ServerAddresses
  } catch {
    // Not there yet, or only half written.
    return undefined
  }
}
