import { execFile, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { writeFileDurably } from '../platform/files.ts'
import { describe, ServiceError } from './service-codes.ts'
import { parseEnvironmentFile, type Places, type ProgramPlan, wordOf } from './service-plan.ts'
import type { Step } from './service-steps.ts'

const run = promisify(execFile)
const commandTimeoutMs = 35 * 60_000
const endTimeoutMs = 60_000
const pollMs = 100

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of this machine. @throws ServiceError with what it said. */
export async function command(program: string, ...args: readonly string[]): Promise<Output> {
  try {
    return await run(program, args, { timeout: commandTimeoutMs, maxBuffer: 4 << 20 })
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: number | string }
    const said = stderr?.trim().split('\n').at(-1)
    const why = said === undefined || said === '' ? `ended with ${String(code)}` : said
    if (program === 'podman' && code === 'ENOENT') throw new ServiceError('MOOR-SVC-004')
    const isUnreachable = /Failed to connect to (?:user scope )?bus|No medium found/.test(why)
    throw new ServiceError(
      isUnreachable && args.includes('--user') ? 'MOOR-SVC-011' : 'MOOR-SVC-003',
      `${[program, ...args].join(' ')}: ${why}`,
      { cause: error },
    )
  }
}

/** Does the steps one after the other and says each in a line. */
export async function* perform(steps: readonly Step[]): AsyncGenerator<string> {
  for (const step of steps) yield await performOne(step)
}

async function performOne(step: Step): Promise<string> {
  switch (step.kind) {
    case 'account':
      return ensureAccount(step.name, step.home)
    case 'folder':
      return makeFolder(step)
    case 'write': {
      const isKept = step.keep === true && (await exists(step.file))
      if (isKept) return `kept ${step.file}`
      await writeFileDurably(step.file, step.content, step.mode)
      await chmod(step.file, step.mode)
      return `wrote ${step.file}`
    }
    case 'remove':
      await rm(step.file, { force: true })
      return `removed ${step.file}`
    case 'run': {
      const [program, ...args] = step.command
      const text = step.command.join(' ')
      try {
        await command(program, ...args)
        return `ran ${text}`
      } catch (error) {
        if (step.optional === true && error instanceof ServiceError) return `! ${error.message}`
        throw error
      }
    }
    case 'spawn':
      return startProcess(step.plan)
    case 'end':
      return endProcess(step.plan)
  }
}

async function ensureAccount(name: string, home: string): Promise<string> {
  const isThere = await command('id', '-u', name).then(
    () => true,
    () => false,
  )
  if (isThere) return `account ${name} exists`
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', home]
  await command('useradd', ...options, '--shell', '/usr/sbin/nologin', name)
  return `made the account ${name}`
}

async function makeFolder({ path: folder, mode, owner }: Extract<Step, { kind: 'folder' }>) {
  const isNew = !(await exists(folder))
  await mkdir(folder, { recursive: true, mode: 0o755 })
  // A folder that was there already, such as /etc/systemd/system, keeps its mode.
  if (isNew) await chmod(folder, mode)
  if (owner !== undefined) {
    const [user = '', group = ''] = owner.split(':')
    await chown(folder, await idOf('-u', user), await idOf('-g', group))
    await chmod(folder, mode)
  }
  return `${isNew ? 'made' : 'kept'} ${folder}`
}

async function idOf(kind: '-u' | '-g', name: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name)
  return Number((await command('id', kind, name)).stdout)
}

/** What a service manager would do, once: a session of its own and a log file. */
async function startProcess(plan: ProgramPlan): Promise<string> {
  const { dataDir } = plan
  const logFile = processLog(plan.dataDir)
  const ids =
    plan.scope === 'system'
      ? { uid: await idOf('-u', plan.name), gid: await idOf('-g', plan.name) }
      : {}
  const log = openSync(logFile, 'a', 0o600)
  try {
    if (ids.uid !== undefined) await chown(logFile, ids.uid, ids.gid)
    const child = spawn(plan.node, [plan.script, wordOf(plan)], {
      ...ids,
      cwd: dataDir,
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        ...(await readEnvironment(plan.places)),
      },
    })
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    return `started process ${String(child.pid)}, log in ${logFile}\n! ${describe('MOOR-SVC-002')}`
  } finally {
    closeSync(log)
  }
}

async function endProcess(plan: ProgramPlan): Promise<string> {
  const pid = await runningProcess(plan.dataDir)
  if (pid === undefined) return 'no process to end'
  process.kill(pid, 'SIGTERM')
  for (let waited = 0; waited < endTimeoutMs; waited += pollMs) {
    if ((await runningProcess(plan.dataDir)) !== pid) return `ended process ${pid}`
    await wait(pollMs)
  }
  throw new ServiceError('MOOR-SVC-003', `process ${pid} does not end`)
}

/** The server that holds the data directory; its number may be another program's by now. */
export async function runningProcess(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'mooring.pid'), 'utf8').catch(() => '')
  const pid = Number(text)
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return words.split('\0').some((word) => word.endsWith('/mooring.js')) ? pid : undefined
}

/** What the file says now: a person may have changed it. */
export async function readEnvironment({
  environmentFile,
}: Places): Promise<Readonly<Record<string, string>>> {
  return parseEnvironmentFile(await readFile(environmentFile, 'utf8'))
}

export function processLog(dataDir: string): string {
  return path.join(dataDir, 'mooring.log')
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
