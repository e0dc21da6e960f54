import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { quickFolder } from './quick-folder.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server's own database, or empty when there is no PostgreSQL. */
    postgresUrl: string
  }
}

/** Starts one PostgreSQL for the whole run and takes every trace of it away afterwards. */
export default async function setup(project: TestProject) {
  const server = await startPostgres()
  if (!server) {
    process.stdout.write('PostgreSQL is not installed: its half of the store tests is left out\n')
    project.provide('postgresUrl', '')
    return
  }
  project.provide('postgresUrl', server.url)
  return server.stop
}

/** Undefined where none is installed. */
export async function startPostgres() {
  const binaries = findBinaries()
  return binaries && startServer(binaries)
}

interface Binaries {
  readonly folder: string
  readonly version: number
}

function findBinaries(): Binaries | undefined {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return undefined
  return readdirSync(root)
    .map((name) => ({ folder: join(root, name, 'bin'), version: Number(name) }))
    .filter(({ folder }) => existsSync(join(folder, 'initdb')))
    .sort((a, b) => b.version - a.version)[0]
}

async function startServer({ folder, version }: Binaries) {
  const home = mkdtempSync(join(quickFolder(), 'mooring-postgres-'))
  const remove = () => rmSync(home, { recursive: true, force: true })
  let server: ChildProcess | undefined
  try {
    const owner = ordinaryUser()
    const passwordFile = join(home, 'password')
    const password = randomBytes(16).toString('hex')
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (owner) for (const path of [home, passwordFile]) chownSync(path, owner.uid, owner.gid)

    const data = join(home, 'data')
    // A language's own order by default, so that a name without `collate "C"` shows.
    const order = version >= 15 ? ['--locale-provider=icu', '--icu-locale=en-US'] : []
    execFileSync(
      join(folder, 'initdb'),
      [
        ...['-D', data, '-U', 'mooring', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
        ...['-A', 'scram-sha-256', '--pwfile', passwordFile, ...order],
      ],
      { stdio: 'pipe', cwd: home, ...owner },
    )

    const port = await freePort()
    const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=300']
    server = spawn(
      '/bin/sh',
      [
        ...['-c', endsWithItsInput, 'sh', home, join(folder, 'postgres')],
        ...['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', home],
        ...settings.flatMap((setting) => ['-c', setting]),
      ],
      { stdio: ['pipe', 'ignore', 'pipe'], cwd: '/', detached: true, ...owner },
    )
    const child = server
    const output = collect(child)
    const url = `postgresql://mooring:${password}@127.0.0.1:${String(port)}/postgres`
    await ready(child, url, output)
    const stop = async () => {
      await ended(child)
      remove()
    }
    return { url, stop }
  } catch (error) {
    if (server) await ended(server)
    remove()
    throw error
  }
}

/**
 * Whatever becomes of the test run, also when it is killed, its end of the pipe closes: then the server
 * stops (SIGINT is the fast shutdown, which does not wait for clients) and its folder goes.
 */
const endsWithItsInput = `
  home=$1; shift
  "$@" &
  server=$!
  cat > /dev/null
  kill -INT "$server"
  wait "$server"
  rm -rf "$home"`

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString())
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      continue
    }
  }
  throw new Error('PostgreSQL needs an ordinary user: neither postgres nor nobody exists')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function collect(child: ChildProcess) {
  const lines: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk.toString()))
  return () => lines.join('').slice(-4000)
}

async function ready(child: ChildProcess, url: string, output: () => string) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) break
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error(`PostgreSQL did not start: ${output()}`)
}

async function ended(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.end()
  await exit
}
