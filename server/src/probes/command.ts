import { execFile } from 'node:child_process'
import { environment } from '../config/read-config.ts'

/**
 * Runs a program of the system and returns what it printed, whatever its exit code; undefined when
 * there is no such program, it may not run or it does not end.
 */
export type RunCommand = (
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
) => Promise<string | undefined>

const patienceMs = 5_000

export const runCommand: RunCommand = (program, args, signal) => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const env = {
    ...environment,
    LC_ALL: 'C',
    // Programs of the administrator are not on the path of ordinary users.
    PATH: [environment['PATH'] ?? '', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].join(':'),
  }
  const options = { env, timeout: patienceMs, maxBuffer: 1024 * 1024, signal }
  execFile(program, args, options, (error, stdout) => {
    const hasRun = error === null || typeof error.code === 'number'
    resolve(hasRun && error?.killed !== true ? stdout : undefined)
  })
  return promise
}
