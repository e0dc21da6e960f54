import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { atExit } from './at-exit.ts'
import { programPath } from './programs.ts'
import { until } from './until.ts'

export interface NamespaceOptions {
  /** What it is to a reader of a failure. */
  readonly name: string
  /** Arguments of `unshare`: what it has to itself. */
  readonly isolation: readonly string[]
  /** A shell script that ends with what keeps it alive, and its arguments. */
  readonly boot: string
  readonly args: readonly string[]
  /** A file that the script leaves when everything is in place. */
  readonly ready: string
}

export interface Namespace {
  readonly pid: number
  /** Ends whatever runs there; what was mounted goes with it. */
  end(): Promise<void>
}

/** A part of this machine for itself, which never outlives the test process. */
export async function startNamespace(options: NamespaceOptions): Promise<Namespace> {
  const { name, isolation, boot, args, ready } = options
  const child = spawn('unshare', [...isolation, 'sh', '-c', boot, 'sh', ...args], {
    stdio: 'inherit',
    env: { PATH: programPath },
  })
  const exited = once(child, 'exit')
  const kill = () => child.kill('SIGKILL')
  const forget = atExit(kill)
  const end = async () => {
    kill()
    await exited
    forget()
  }
  try {
    await until(`the ${name} to be ready`, () => {
      if (child.exitCode !== null) throw new Error(`the ${name} did not start`)
      return existsSync(ready) ? true : undefined
    })
  } catch (error) {
    await end()
    throw error
  }
  return { pid: child.pid ?? 0, end }
}
