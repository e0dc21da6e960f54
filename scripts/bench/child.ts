import { spawn, type ChildProcess } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

export interface Child {
  readonly pid: number
  /** Rejects as soon as the process is gone; never resolves. */
  readonly died: Promise<never>
  stop(): Promise<void>
}

export interface ChildOptions {
  readonly logFile: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a server whose output goes to a file: a terminal or a pipe would slow down one more than the other. */
export function startChild(
  command: string,
  args: readonly string[],
  { logFile, env = {} }: ChildOptions,
): Child {
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  })
  closeSync(log)
  const died = death(child, command)
  died.catch(() => undefined)
  return {
    pid: child.pid ?? 0,
    died,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await gone
      clearTimeout(force)
    },
  }
}

async function death(child: ChildProcess, command: string): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  throw new Error(`${command} ended with ${signal ?? String(code)}`)
}

/** Asks every few milliseconds until the answer is there; gives up when the child dies or time is up. */
export async function until<T>(
  child: Child,
  timeoutMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const answer = await Promise.race([attempt(), child.died])
    if (answer !== undefined) return answer
    await delay(2)
  }
  throw new Error(`the server did not come up within ${timeoutMs} ms`)
}

export interface Memory {
  readonly nowBytes: number
  readonly peakBytes: number
}

/** Resident memory of a process and its children, as the kernel counts it. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  let nowBytes = kilobytes('VmRSS') * 1024
  let peakBytes = kilobytes('VmHWM') * 1024
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const children = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')
    for (const childPid of children.split(' ').filter((text) => text !== '')) {
      const memory = await memoryOf(Number(childPid))
      nowBytes += memory.nowBytes
      peakBytes += memory.peakBytes
    }
  }
  return { nowBytes, peakBytes }
}
