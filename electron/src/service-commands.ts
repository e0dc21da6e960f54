import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface ProgramCall {
  readonly program: string
  readonly args: readonly string[]
}

export interface ProgramEnd {
  readonly succeeded: boolean
  readonly output: string
}

export type RunProgram = (call: ProgramCall) => Promise<ProgramEnd>

const name = 'mooring-desktop'
/** Settings of this program's own start that the service has to share. */
const shared = [
  'MOORING_LISTEN_HOST',
  'MOORING_HTTPS_PORT',
  'MOORING_HTTP_PORT',
  'MOORING_METRICS_PORT',
]

/**
 * The `mooring` command that an installation left on this computer: a service needs a program of its
 * own, because what is packed in here runs in here only. Undefined where there is none.
 */
export function findMooringCommand(
  environment: NodeJS.ProcessEnv,
  isThere: (path: string) => boolean = existsSync,
): string | undefined {
  const folders = ['/usr/local/bin', '/usr/bin', join(environment['HOME'] ?? '/', '.local/bin')]
  return folders.map((folder) => join(folder, 'mooring')).find(isThere)
}

/**
 * What makes the registry of this account a service of this account. It stays where it is, so nobody
 * needs rights for that; a service of the whole system could not read it.
 */
export function installCall(program: string, environment: NodeJS.ProcessEnv): ProgramCall {
  const dataDir = environment['MOORING_DATA_DIR'] ?? ''
  const configDir = environment['MOORING_CONFIG_DIR'] ?? join(dataDir, 'config')
  const settings = shared.flatMap((key) => {
    const value = environment[key]
    return value === undefined ? [] : ['--env', `${key}=${value}`]
  })
  const { args } = serviceCall(program, 'install')
  return { program, args: [...args, '--data', dataDir, '--config', configDir, ...settings] }
}

export function serviceCall(
  program: string,
  action: 'install' | 'uninstall' | 'start' | 'stop' | 'restart' | 'status',
): ProgramCall {
  const json = action === 'status' ? ['--json'] : []
  return { program, args: ['service', action, '--user', '--name', name, ...json] }
}

const patienceMs = 180_000

/** Without a shell: every argument arrives as it is. */
export const runProgram: RunProgram = ({ program, args }) =>
  new Promise((resolve) => {
    const options = { timeout: patienceMs, windowsHide: true, maxBuffer: 1024 * 1024 }
    execFile(program, args, options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`.trim()
      resolve({
        succeeded: error === null,
        output: output === '' && error ? error.message : output,
      })
    })
  })
