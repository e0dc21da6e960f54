import { createWriteStream } from 'node:fs'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

import type { Config } from '../config/config.ts'
import { lockDataDirectory, type DataDirectoryLock } from '../db/data-directory-lock.ts'
import { openDatabase } from '../db/open.ts'
import { isVacant } from '../db/postgresql-load.ts'
import { isKnownLevel, readSchemaLevel } from '../db/schema-level.ts'
import { sqliteDamage } from '../db/sqlite-copy.ts'
import { systemClock } from '../platform/clock.ts'
import { syncDirectory } from '../platform/files.ts'
import { createLogger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { openStorage } from '../storage/open-storage.ts'
import type { BlobStorage } from '../storage/storage.ts'
import { BackupError } from './backup-codes.ts'
import { chooseBackup, type BackupManifest, type StoredFile } from './backup-manifest.ts'
import { isMissing, type BackupTarget } from './backup-target.ts'
import type { ProgressMeter } from './progress.ts'
import { changeConfig, type ConfigChanges } from './restore-config.ts'
import { holdsContent, restoreContent, restoreToStorage } from './restore-content.ts'
import {
  clearJournal,
  readJournal,
  stagingFolder,
  writeJournal,
  type RestoreJournal,
} from './restore-journal.ts'
import {
  finishSwitch,
  readStagedConfig,
  stagedConfig,
  stagedContent,
  stagedDump,
  stagedSqlite,
  type RestorePlace,
} from './restore-switch.ts'
import { openStored } from './stored-file.ts'
import { keyOf } from './verify-backup.ts'

export interface RestoreParts extends RestorePlace {
  readonly target: BackupTarget
  readonly id?: string | undefined
  readonly configDir: string
  readonly changes: ConfigChanges
  /** What is there may be replaced. */
  readonly force: boolean
  readonly passphrase?: string | undefined
  readonly random: Random
  readonly progress: ProgressMeter
  readonly signal: AbortSignal
  /** Of the data directory, where the caller holds it; released at the end. */
  readonly lock?: DataDirectoryLock | undefined
}

/**
 * Makes a data directory what a backup says. Everything is fetched and verified beside what is there;
 * only then it takes its place. May be broken off anywhere and run again.
 */
export async function restoreBackup(parts: RestoreParts): Promise<BackupManifest> {
  const { dataDir, progress, signal } = parts
  const lock = parts.lock ?? lockDataDirectory(dataDir)
  try {
    const manifest = await chooseBackup(parts.target, parts.id)
    const unfinished = await readJournal(dataDir)
    if (unfinished?.state === 'switching') {
      await finishSwitch(parts, unfinished)
      if (unfinished.id === manifest.id) return manifest
    }
    if (!isKnownLevel(manifest.schema)) throw new BackupError('MOOR-BAK-008')
    const key = await keyOf(manifest, parts.passphrase)
    if (manifest.encryption !== null && key === undefined) throw new BackupError('MOOR-BAK-005')
    const isResumed = unfinished?.state === 'staging' && unfinished.id === manifest.id
    await stageConfig(manifest, key, parts)
    const config = await readStagedConfig(parts)
    await requireEmpty(config, parts, isResumed)
    const journal = journalOf(manifest, parts)
    await writeJournal(dataDir, journal)
    await stageDatabase(manifest, key, config, parts)
    await stageContent(manifest, config, parts)
    signal.throwIfAborted()
    progress.enter('switching')
    const switching: RestoreJournal = { ...journal, state: 'switching' }
    await writeJournal(dataDir, switching)
    await finishSwitch(parts, switching)
    progress.end('done')
    return manifest
  } catch (error) {
    progress.end(signal.aborted ? 'cancelled' : 'failed')
    if (signal.aborted) throw new BackupError('MOOR-BAK-015', undefined, { cause: error })
    throw error
  } finally {
    lock.release()
  }
}

/** Gives up a restore that was broken off while nothing had changed yet. */
export async function forgetRestore(dataDir: string): Promise<void> {
  const journal = await readJournal(dataDir)
  if (journal?.state === 'staging') await clearJournal(dataDir)
}

function journalOf(manifest: BackupManifest, parts: RestoreParts): RestoreJournal {
  return {
    state: 'staging',
    id: manifest.id,
    target: parts.target.title,
    configDir: parts.configDir,
    kind: manifest.database.kind,
    config: manifest.config.map(({ path: name, mode }) => ({ path: name, mode })),
    schema: manifest.schema,
    replacesContent: parts.force && manifest.content !== null,
  }
}

async function stageConfig(
  manifest: BackupManifest,
  key: Buffer | undefined,
  { target, dataDir, changes, progress, signal }: RestoreParts,
): Promise<void> {
  progress.enter('configuration')
  const folder = stagedConfig(dataDir)
  await rm(folder, { recursive: true, force: true })
  for (const file of manifest.config) {
    const staged = path.join(folder, file.path)
    await mkdir(path.dirname(staged), { recursive: true, mode: 0o700 })
    await fetch(target, manifest.id, file, key, staged, signal)
  }
  const main = path.join(folder, 'config.yaml')
  await writeFile(main, changeConfig(await readFile(main, 'utf8'), changes), { flush: true })
  for (const name of new Set(manifest.config.map((file) => path.dirname(file.path)))) {
    for (let made = path.join(folder, name); made !== dataDir; made = path.dirname(made)) {
      await syncDirectory(made)
    }
  }
}

async function stageDatabase(
  manifest: BackupManifest,
  key: Buffer | undefined,
  config: Config,
  { target, dataDir, progress, signal }: RestoreParts,
): Promise<void> {
  progress.enter('database')
  const { kind } = config.database
  if (kind !== manifest.database.kind) {
    throw new BackupError('MOOR-BAK-012', `The backup holds ${manifest.database.kind}.`)
  }
  const staged = kind === 'sqlite' ? stagedSqlite(config.database.file) : stagedDump(dataDir)
  await mkdir(path.dirname(staged), { recursive: true, mode: 0o700 })
  await fetch(target, manifest.id, manifest.database, key, staged, signal)
  const damage = kind === 'sqlite' ? sqliteDamage(staged) : undefined
  if (damage !== undefined) throw new BackupError('MOOR-BAK-004', `The database: ${damage}`)
}

async function stageContent(
  { id, content }: BackupManifest,
  { storage }: Config,
  { target, dataDir, random, progress, signal }: RestoreParts,
): Promise<void> {
  if (content === null) return
  progress.enter('content', { total: content.sizeBytes, itemsTotal: content.blobs })
  const listFile = stagedContent(dataDir)
  await fetch(target, id, content.list, undefined, listFile, signal)
  const parts = { target, listFile, random, progress, signal }
  const problems =
    storage.kind === 'disk'
      ? await restoreContent({ ...parts, root: storage.path })
      : await withStorage(storage, (opened) => restoreToStorage(opened, parts))
  const [first] = problems
  if (first === undefined) return
  const more = problems.length > 1 ? ` and ${String(problems.length - 1)} more.` : '.'
  throw new BackupError('MOOR-BAK-004', `${first}${more}`)
}

async function withStorage<T>(
  settings: Config['storage'],
  work: (storage: BlobStorage) => Promise<T>,
): Promise<T> {
  const storage = await openStorage(settings, { clock: systemClock, logger: createLogger('warn') })
  return work(storage).finally(() => storage.close())
}

/** @throws BackupError when something would be replaced that nobody said may be. */
async function requireEmpty(
  config: Config,
  { force, configDir, dataDir }: RestoreParts,
  isResumed: boolean,
): Promise<void> {
  if (force) return
  const found: string[] = []
  if (await exists(path.join(configDir, 'config.yaml'))) found.push(`${configDir}/config.yaml`)
  if (config.database.kind === 'sqlite') {
    if (await exists(config.database.file)) found.push(config.database.file)
  } else if (await isUsed(config)) {
    found.push('the database')
  }
  const { storage } = config
  // In a bucket other content is in nobody's way: it stays.
  if (!isResumed && storage.kind === 'disk' && (await holdsContent(storage.path))) {
    found.push(storage.path)
  }
  if (found.length === 0) return
  // Nothing was begun, so nothing is to be resumed.
  if (!isResumed) await rm(stagingFolder(dataDir), { recursive: true, force: true })
  throw new BackupError('MOOR-BAK-007', `There is ${found.join(' and ')}.`)
}

async function isUsed({ database: config }: Config): Promise<boolean> {
  const database = await openDatabase(config)
  try {
    const { state } = await readSchemaLevel(database)
    return state !== 'empty' && !(await isVacant(database.db))
  } finally {
    await database.close()
  }
}

async function fetch(
  target: BackupTarget,
  id: string,
  file: StoredFile,
  key: Buffer | undefined,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const source = await openStored(target, id, file, key)
  await pipeline(source, createWriteStream(to, { mode: 0o600, flush: true }), { signal })
  await syncDirectory(path.dirname(to))
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false
      throw error
    },
  )
}
