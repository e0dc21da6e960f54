import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startChild, until, type Child } from './child.ts'
import type { Transport } from './context.ts'

const run = promisify(execFile)
const mooringProgram = fileURLToPath(new URL('../../server/bin/mooring.js', import.meta.url))

export interface Peer {
  readonly name: 'Mooring' | 'Distribution'
  /** Everything it stores; gone after `stop` unless the directory was given. */
  readonly directory: string
  readonly origins: Readonly<Record<Transport, string>>
  /** The process that answers plain HTTP. */
  readonly pid: number
  /** Value of the `Authorization` header for pulling from and pushing to a repository. */
  authorization(repository: string): Promise<string>
  /** Takes the bytes of big blobs away, so that the next push finds the same room. */
  dropBlobs(minBytes: number): Promise<void>
  stop(): Promise<void>
}

export interface PeerOptions {
  /** Existing data to start on. It stays when the server stops. */
  readonly directory?: string
  /** Parent of a new data directory. */
  readonly folder?: string
  /** Of Mooring: keys of its configuration. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** An account of the first start: the namespace everything is pushed to. */
export const namespace = 'quay'
/** Of that account. */
export const password = randomBytes(18).toString('base64url')

interface ReadyFile {
  readonly http: string
  readonly https: string
  readonly pid: number
}

export async function startMooring(folder: string, options: PeerOptions = {}): Promise<Peer> {
  const directory = options.directory ?? (await newFolder(options.folder ?? folder))
  const child = spawnMooring(directory, ['--http-port', '0'], options.settings)
  const ready = await orStop(child, () => readyFile(child, directory))
  const basic = `Basic ${Buffer.from(`${namespace}:${password}`).toString('base64')}`
  return {
    name: 'Mooring',
    directory,
    origins: { http: ready.http, tls: ready.https },
    pid: ready.pid,
    authorization: (repository) => fetchToken(ready.http, basic, repository),
    dropBlobs: (minBytes) => removeBigFiles(directory, minBytes),
    stop: () => stopAll([child], options.directory === undefined ? directory : undefined),
  }
}

/** The process alone, for who wants to see how soon it answers. The port is the caller's choice. */
export function spawnMooring(
  directory: string,
  ports: readonly string[],
  settings: Readonly<Record<string, unknown>> = {},
): Child {
  const rest = ['--port', '0', '--metrics-port', '0', '--hostname', 'localhost']
  const ready = ['--ready-file', join(directory, 'ready.json')]
  const args = ['serve', '--data', directory, '--host', '127.0.0.1', ...ports, ...rest, ...ready]
  return startChild(process.execPath, [mooringProgram, ...args], {
    logFile: join(directory, 'server.log'),
    env: {
      MOORING_FIRST_PASSWORD: password,
      QUAY_OVERRIDE_CONFIG: JSON.stringify(settings),
    },
  })
}

async function readyFile(child: Child, directory: string): Promise<ReadyFile> {
  return until(child, 30_000, async () => {
    const text = await readFile(join(directory, 'ready.json'), 'utf8').catch(() => '')
    const ready =
      text.endsWith('}') || text.endsWith('}\n') ? (JSON.parse(text) as ReadyFile) : undefined
    return ready?.pid === child.pid ? ready : undefined
  })
}

async function fetchToken(origin: string, basic: string, repository: string): Promise<string> {
  const url = new URL('/v2/auth', origin)
  url.searchParams.set('service', 'localhost')
  url.searchParams.set('scope', `repository:${repository}:pull,push`)
  const response = await fetch(url, { headers: { authorization: basic } })
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`)
  const { token } = (await response.json()) as { token: string }
  return `Bearer ${token}`
}

/**
 * Debian's docker-registry on its file driver. It speaks either HTTP or TLS, so there are two
 * processes on the same files. Of its two lines a request one is turned off: Mooring writes one.
 * It has no token check of its own and passes over the header that Mooring has to verify.
 */
export async function startDistribution(folder: string, options: PeerOptions = {}): Promise<Peer> {
  const directory = options.directory ?? (await newFolder(options.folder ?? folder))
  const certificate = join(directory, 'server.crt')
  const key = join(directory, 'server.key')
  await makeCertificate(certificate, key)
  const children: Child[] = []
  const start = async (transport: Transport) => {
    const port = await freePort()
    const config = join(directory, `${transport}.yml`)
    await writeFile(
      config,
      distributionConfig(directory, port, transport === 'tls' ? { certificate, key } : undefined),
    )
    const child = startChild('docker-registry', ['serve', config], {
      logFile: join(directory, `${transport}.log`),
    })
    children.push(child)
    await until(child, 30_000, () => isListening(port))
    return { child, origin: `${transport === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}` }
  }
  try {
    const plain = await start('http')
    const secure = await start('tls')
    return {
      name: 'Distribution',
      directory,
      origins: { http: plain.origin, tls: secure.origin },
      pid: plain.child.pid,
      authorization: async () => `Bearer ${'x'.repeat(900)}`,
      dropBlobs: (minBytes) => removeBigFiles(directory, minBytes),
      stop: () => stopAll(children, options.directory === undefined ? directory : undefined),
    }
  } catch (error) {
    await stopAll(children)
    throw error
  }
}

function distributionConfig(
  directory: string,
  port: number,
  tls: { certificate: string; key: string } | undefined,
): string {
  return JSON.stringify({
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(directory, 'data') },
      delete: { enabled: true },
      cache: { blobdescriptor: 'inmemory' },
    },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls ? { tls: { certificate: tls.certificate, key: tls.key } } : {}),
    },
  })
}

async function makeCertificate(certificate: string, key: string): Promise<void> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  await run('openssl', [
    'req',
    '-x509',
    ...curve,
    ...names,
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    certificate,
  ])
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

function isListening(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1')
  return new Promise((resolve) => {
    socket.once('close', () => resolve(undefined))
    socket.once('error', () => undefined)
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
  })
}

let folders = 0

async function newFolder(parent: string): Promise<string> {
  const directory = join(parent, `peer-${folders++}`)
  await mkdir(directory, { mode: 0o700 })
  return directory
}

async function orStop<T>(child: Child, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await child.stop()
    throw error
  }
}

async function stopAll(children: readonly Child[], directory?: string): Promise<void> {
  await Promise.all(children.map((child) => child.stop()))
  if (directory !== undefined) await rm(directory, { recursive: true, force: true })
}

async function removeBigFiles(directory: string, minBytes: number): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const { size } = await stat(file).catch(() => ({ size: 0 }))
    if (size >= minBytes) await rm(file, { force: true })
  }
}
