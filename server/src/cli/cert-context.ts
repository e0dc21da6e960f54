import { access, readFile } from 'node:fs/promises'
import path from 'node:path'
import { environment, readConfig } from '../config/read-config.ts'
import type { By } from '../features/certificates/certificate-service.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { wireCertificates } from '../wiring/certificates.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, type DataOptions } from './data-options.ts'

export interface CertOptions extends DataOptions {
  readonly json?: boolean
}

export const commandLine: By = { by: 'command line' }

/** The certificates of a config directory, whether its server runs or not: it follows by itself. */
export async function openCertificates(options: DataOptions) {
  const directories = dataDirectories(options)
  const { configDir } = directories
  const isSetUp = await access(path.join(configDir, 'config.yaml')).then(
    () => true,
    () => false,
  )
  const config = isSetUp
    ? await readConfig({ ...directories, env: environment, flags: {} })
    : { configDir, serverHostname: 'localhost', certificates: { lifeDays: 397 } }
  return {
    configDir,
    serverHostname: config.serverHostname,
    ports: 'listen' in config ? config.listen : { httpsPort: 8443, httpPort: 8080 },
    ...wireCertificates({
      config,
      clock: systemClock,
      random: systemRandom,
      log: createLogger('warn'),
    }),
  }
}

/** Passphrases come from files, so that they stand in no process list: the first line counts. */
export async function readPassphraseFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  return (await readInput(file)).toString('utf8').split(/\r?\n/, 1)[0]
}

export async function readInput(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError(`cannot read ${file}: ${reason}`)
  }
}

/** Undefined stays away, for functions that tell absent from undefined. */
export function numberOption(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value))
    throw new CommandError(`${what} must be a whole number, not ${text}`)
  return value
}
