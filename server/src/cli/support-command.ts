import { createWriteStream } from 'node:fs'
import { access, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Command, InvalidArgumentError } from 'commander'
import { environment, readConfig, type Config } from '../config/config.ts'
import { openDatabase, type Database } from '../db/open.ts'
import { createSupportService, type SupportPart } from '../features/support/support-service.ts'
import { createExtraTrust } from '../features/outgoing/extra-authorities.ts'
import { systemClock, type Instant } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { runCommand } from '../probes/command.ts'
import { runDoctor } from '../probes/run-doctor.ts'
import { processLog } from '../service/service-host.ts'
import { placesOf } from '../service/service-plan.ts'
import { readRecord } from '../service/service-record.ts'
import { wireCertificates } from '../wiring/certificates.ts'
import {
  aboutPart,
  certificatesPart,
  databasePart,
  diskPart,
  doctorPart,
  isOlder,
  jsonPart,
  knownNames,
  settingSecrets,
  settingsPart,
} from '../wiring/support-parts.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'

interface SupportOptions extends DataOptions {
  readonly hours: number
  readonly showNames?: boolean
  readonly log?: string
  readonly json?: boolean
}

const mostHours = 720
const logBytes = 4 * 1024 * 1024

/** Works where the server does not start: what cannot be read says why. */
export function supportCommand(): Command {
  return withDataOptions(new Command('support-bundle'))
    .description('pack what somebody who helps needs to know, without secrets, as tar.gz')
    .argument('<file>', 'a new file')
    .option('--hours <n>', 'how far back the log goes', hours, 24)
    .option('--show-names', 'keep the names of hosts and people, which are masked otherwise')
    .option('--log <file>', 'where the server writes its log, unless the service knows that')
    .option('--json', 'print one JSON object')
    .action(async (given: string, options: SupportOptions) => {
      const file = path.resolve(given)
      await requireNew(file)
      await using opened = new AsyncDisposableStack()
      const { config, database } = await openWhatWorks(options, opened)
      const support = createSupportService({
        parts: partsOf(options, config, database),
        names: () => knownNames(found(config), found(database)),
        secrets: () => settingSecrets(dataDirectories(options).configDir, environment),
        clock: systemClock,
      })
      const { stream } = await support.bundle({
        hours: options.hours,
        showNames: options.showNames === true,
      })
      const part = `${file}.part`
      try {
        await pipeline(stream, createWriteStream(part, { mode: 0o600, flush: true }))
        await rename(part, file)
      } catch (error) {
        await rm(part, { force: true })
        throw error
      }
      print({ file }, `wrote ${file}; look through it before you send it`, options)
    })
}

interface Opened {
  readonly config: Config | Error
  readonly database: Database | Error
}

async function openWhatWorks(
  options: SupportOptions,
  opened: AsyncDisposableStack,
): Promise<Opened> {
  const directories = dataDirectories(options)
  const config = await readConfig({ ...directories, env: environment, flags: {} }).catch(asError)
  if (config instanceof Error) return { config, database: config }
  await createExtraTrust({ ...config, log: createLogger('warn') }).refresh()
  const database = await openExisting(config).catch(asError)
  if (!(database instanceof Error)) opened.defer(() => database.close())
  return { config, database }
}

/** A look at a registry makes no database. */
async function openExisting({ database }: Config): Promise<Database> {
  if (database.kind === 'sqlite') await access(database.file)
  return openDatabase(database)
}

function partsOf(
  options: SupportOptions,
  config: Opened['config'],
  database: Opened['database'],
): readonly SupportPart[] {
  const directories = dataDirectories(options)
  const isReadable = !(config instanceof Error)
  return [
    aboutPart(systemClock),
    isReadable ? settingsPart(config) : broken('config.json', config),
    doctorPart(() => runDoctor({ ...directories, env: environment })),
    isReadable ? certificatesPart(certificatesOf(config)) : broken('certificates.json', config),
    database instanceof Error ? broken('database.json', database) : databasePart(database),
    isReadable ? diskPart(config) : broken('disk.json', config),
    logPart(options),
  ]
}

function broken(name: string, reason: Error): SupportPart {
  return jsonPart(name, () => Promise.reject(reason))
}

function certificatesOf(config: Config) {
  const log = createLogger('warn')
  return wireCertificates({ config, clock: systemClock, random: systemRandom, log })
}

function logPart(options: SupportOptions): SupportPart {
  return {
    name: 'log.jsonl',
    async read(since) {
      const text = await readLog(options, since)
      const lines = text.split('\n').filter((line) => line !== '' && !isOlder(line, since))
      return { kind: 'lines', lines }
    },
  }
}

/** Of the service of this machine, from its journal or its file. */
async function readLog(options: SupportOptions, since: Instant): Promise<string> {
  const { dataDir } = dataDirectories(options)
  if (options.log !== undefined) return endOf(path.resolve(options.log))
  const records = await Promise.all(
    (['system', 'user'] as const).map((scope) =>
      readRecord(placesOf(scope, 'mooring', environment)).catch(() => undefined),
    ),
  )
  const plan = records.find((one) => one?.dataDir === dataDir)
  if (plan?.supervisor !== 'systemd') return endOf(processLog(dataDir))
  const scope = plan.scope === 'user' ? ['--user'] : []
  const from = `--since=@${Math.floor(since / 1000)}`
  const args = [...scope, '--unit', plan.name, from, '--lines=5000', '--output=cat', '--no-pager']
  const printed = await runCommand('journalctl', args)
  if (printed === undefined) throw new Error('journalctl does not run here')
  return printed
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const start = Math.max(0, size - logBytes)
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(Math.min(size, logBytes)),
      position: start,
    })
    const text = buffer.toString('utf8', 0, bytesRead)
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    await handle.close()
  }
}

async function requireNew(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (isThere) throw new CommandError(`${file} exists; name a new file`)
}

function hours(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > mostHours) {
    throw new InvalidArgumentError(`expected a number between 1 and ${String(mostHours)}`)
  }
  return value
}

function found<T>(one: T | Error): T | undefined {
  return one instanceof Error ? undefined : one
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
