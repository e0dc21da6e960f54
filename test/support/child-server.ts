import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { atExit } from './at-exit.ts'

export interface ChildServer {
  readonly pid: number
  /** Everything printed so far, to explain a failure. */
  output(): string
  hasExited(): boolean
  /** Undefined while it runs, and when a signal ended it. */
  exitCode(): number | undefined
  /** Asks it to end; one that does not within the time is killed, and that is an error. */
  stop(timeoutMs?: number): Promise<void>
  /** What a power cut looks like to the process. */
  kill9(): Promise<void>
}

const keptOutput = 200_000

/** A server program of its own that never outlives the test process. */
export function spawnServer(
  program: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): ChildServer {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  exited.catch(() => undefined)
  const forget = atExit(() => child.kill('SIGKILL'))
  child.once('exit', forget)
  child.once('error', forget)

  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptOutput)
    })
  }

  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  const signal = async (name: NodeJS.Signals) => {
    if (hasExited() || child.pid === undefined) return
    child.kill(name)
    await exited
  }

  return {
    pid: child.pid ?? 0,
    output: () => output,
    hasExited,
    exitCode: () => child.exitCode ?? undefined,
    async stop(timeoutMs = 20_000) {
      // Set in a callback, which the compiler does not follow.
      let lostPatience = false as boolean
      const patience = setTimeout(() => {
        lostPatience = true
        child.kill('SIGKILL')
      }, timeoutMs)
      try {
        await signal('SIGTERM')
      } finally {
        clearTimeout(patience)
      }
      if (lostPatience) {
        throw new Error(`${program} did not end within ${timeoutMs} ms\n${output}`)
      }
    },
    kill9: () => signal('SIGKILL'),
  }
}
