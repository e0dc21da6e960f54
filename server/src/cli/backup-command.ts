import { Command } from 'commander'
import { BackupError } from '../backup/backup-codes.ts'
import { splitAddress, type BackupManifest } from '../backup/backup-manifest.ts'
import { backupState } from '../backup/backup-state.ts'
import { createBackup } from '../backup/create-backup.ts'
import { listWithSizes } from '../backup/list-backups.ts'
import { openTarget } from '../backup/open-target.ts'
import { readPassphrase } from '../backup/passphrase.ts'
import { createProgressMeter, type Progress } from '../backup/progress.ts'
import { pruneBackups } from '../backup/prune-backups.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { verifyBackup } from '../backup/verify-backup.ts'
import type { BackupTarget } from '../backup/backup-target.ts'
import { environment } from '../config/read-config.ts'
import { createExtraTrust } from '../features/outgoing/extra-authorities.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { readVersion } from '../platform/version.ts'
import { openStorage } from '../storage/open-storage.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { interruptSignal } from './interrupt.ts'
import { parseCount } from './parse-count.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { withDatabase } from './with-database.ts'

interface Options extends DataOptions {
  readonly json?: boolean
  readonly passphraseFile?: string
}

const progressEveryMs = 2_000
const targetHelp = 'a directory, or s3://bucket/prefix?endpoint=https://host'

export function backupCommand(): Command {
  return new Command('backup')
    .description('back the registry up, while it runs, and restore it')
    .addCommand(createCommand())
    .addCommand(verifyCommand())
    .addCommand(restoreCommand())
    .addCommand(listCommand())
    .addCommand(pruneCommand())
}

const withPassphrase = (command: Command) =>
  command
    .option('--passphrase-file <file>', 'the first line seals database and configuration')
    .option('--json', 'print one JSON object')

function createCommand(): Command {
  const command = withDataOptions(new Command('create'))
    .description('back up; what the target has already is not copied again')
    .argument('<target>', targetHelp)
    .option('--no-content', 'leave the images out: database and configuration only')
  return withPassphrase(command).action(
    async (address: string, options: Options & { readonly content: boolean }) => {
      const passphrase = await readPassphrase(options.passphraseFile)
      const manifest = await withTarget(address, options, (target) =>
        create(target, { ...options, passphrase }),
      )
      print({ ...manifest }, describeCreated(manifest), options)
      const { missing = [], damaged = [] } = manifest.content ?? {}
      if (missing.length + damaged.length === 0) return
      const [first = ''] = [...missing, ...damaged]
      const about = `${String(missing.length)} blobs are missing and ${String(damaged.length)} damaged, ${first} first.`
      throw new BackupError('MOOR-BAK-010', about)
    },
  )
}

function create(
  target: BackupTarget,
  options: Options & { readonly content: boolean; readonly passphrase: string | undefined },
): Promise<BackupManifest> {
  return withDatabase(options, async ({ config, database, clock, random, log }) => {
    const signal = interruptSignal()
    const storage = await openStorage(config.storage, { clock, logger: log })
    const state = backupState(config.dataDir)
    const { progress, stop } = watched(options)
    try {
      const manifest = await createBackup({
        ...{ config, database, storage, target, clock, random, progress, signal },
        version: readVersion(),
        passphrase: options.passphrase,
        withContent: options.content,
      })
      await state.succeeded(target.title, manifest)
      return manifest
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      await state.failed(target.title, clock.now(), reason)
      throw error
    } finally {
      stop()
      await storage.close()
    }
  })
}

function verifyCommand(): Command {
  const command = new Command('verify')
    .description('read all of a backup and compare it with its manifest')
    .argument('<backup>', `${targetHelp}; the latest there, unless it ends with /backups/<id>`)
  return withPassphrase(command).action(async (address: string, options: Options) => {
    const passphrase = await readPassphrase(options.passphraseFile)
    const { progress, stop } = watched(options)
    const signal = interruptSignal()
    const found = await withTarget(address, options, (target, id) =>
      verifyBackup({ target, id, passphrase, progress, signal }),
    ).finally(stop)
    const { manifest, isSound, problems } = found
    const opened = manifest.encryption === null || passphrase !== undefined
    const line = isSound
      ? `${manifest.id} is sound${opened ? '' : '; what is sealed was not opened (--passphrase-file)'}`
      : [`${manifest.id} is damaged:`, ...problems.map((problem) => `  ${problem}`)].join('\n')
    print({ id: manifest.id, isSound, opened, problems }, line, options)
    if (!isSound) throw new BackupError('MOOR-BAK-004')
  })
}

interface RestoreOptions extends Options {
  readonly force?: boolean
  readonly dbUri?: string
  readonly storage?: string
}

function restoreCommand(): Command {
  const command = withDataOptions(new Command('restore'))
    .description('make an empty machine what a backup says; run it again if it was broken off')
    .argument('<backup>', `${targetHelp}; the latest there, unless it ends with /backups/<id>`)
    .option('--db-uri <uri>', 'the database to restore to, instead of the one of the backup')
    .option('--storage <path>', 'where the images go, instead of the place of the backup')
    .option('--force', 'replace what is there')
  return withPassphrase(command).action(async (address: string, options: RestoreOptions) => {
    const passphrase = await readPassphrase(options.passphraseFile)
    const { progress, stop } = watched(options)
    const directories = dataDirectories(options)
    const signal = interruptSignal()
    const manifest = await withTarget(address, options, (target, id) =>
      restoreBackup({
        ...{ target, id, ...directories, env: environment, random: systemRandom },
        ...{ progress, signal, passphrase },
        changes: { databaseUri: options.dbUri, storagePath: options.storage },
        force: options.force === true,
      }),
    ).finally(stop)
    const { dataDir } = directories
    const lines = [
      `restored ${manifest.id} of ${manifest.serverHostname} to ${dataDir}`,
      ...(manifest.content === null
        ? ['the backup holds no images: put them in their place before the first start']
        : []),
    ]
    print({ id: manifest.id, ...directories }, lines.join('\n'), options)
  })
}

function listCommand(): Command {
  return new Command('list')
    .description('list the backups of a target')
    .argument('<target>', targetHelp)
    .option('--json', 'print one JSON object')
    .action(async (address: string, options: Options) => {
      const { backups, incomplete } = await withTarget(address, options, listWithSizes)
      const lines = [
        ...backups.map(
          ({ id, version, isEncrypted, blobs, sizeBytes }) =>
            `${id}  ${version}  ${blobs === null ? 'no content' : `${String(blobs)} blobs of ${sizeText(sizeBytes ?? 0)}`}${isEncrypted ? '  sealed' : ''}`,
        ),
        ...incomplete.map((id) => `${id}  not complete`),
      ]
      print({ backups, incomplete }, lines.length === 0 ? 'none' : lines.join('\n'), options)
    })
}

function pruneCommand(): Command {
  return new Command('prune')
    .description('remove old backups, and the content that only they need')
    .argument('<target>', targetHelp)
    .requiredOption('--keep <number>', 'how many of the latest stay', parseCount)
    .option('--json', 'print one JSON object')
    .action(async (address: string, options: Options & { readonly keep: number }) => {
      const pruned = await withTarget(address, options, (target) =>
        pruneBackups({ target, keep: options.keep, clock: systemClock }),
      )
      const { kept, removed, blobs, sizeBytes } = pruned
      const line = `removed ${String(removed.length)} backups and ${String(blobs)} blobs of ${sizeText(sizeBytes)}, kept ${String(kept.length)}`
      print({ ...pruned }, line, options)
    })
}

/** What the registry trusts, where there is one, is trusted in its backups as well. */
async function withTarget<T>(
  address: string,
  options: DataOptions,
  work: (target: BackupTarget, id: string | undefined) => Promise<T>,
): Promise<T> {
  const { target: place, id } = splitAddress(address)
  const { configDir } = dataDirectories(options)
  await createExtraTrust({ configDir, log: createLogger('warn') }).refresh()
  const target = await openTarget(place, { env: environment, random: systemRandom })
  return work(target, id).finally(() => target.close())
}

function describeCreated({ id, content, encryption }: BackupManifest): string {
  const amount =
    content === null
      ? 'without content'
      : `with ${String(content.blobs)} blobs of ${sizeText(content.sizeBytes)}, ${sizeText(content.newBytes)} of it new`
  const sealed =
    encryption === null
      ? 'Not encrypted: it holds the keys and passwords of the registry (--passphrase-file seals them).'
      : 'Database and configuration are encrypted; without the passphrase they are lost.'
  return `made backup ${id} ${amount}\n${sealed}`
}

/** A line on standard error every other second. */
function watched({ json }: Options) {
  const progress = createProgressMeter({ clock: systemClock })
  const timer = setInterval(() => {
    if (json !== true) process.stderr.write(`${describeProgress(progress.read())}\n`)
  }, progressEveryMs)
  timer.unref()
  return {
    progress,
    stop: () => {
      clearInterval(timer)
    },
  }
}

function describeProgress({ phase, done, total, eta }: Progress): string {
  if (total === 0) return phase
  const left = eta === null ? '' : `, ${String(eta)} s left`
  return `${phase}: ${sizeText(done)} of ${sizeText(total)}${left}`
}
