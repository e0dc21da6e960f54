import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'

import type { Config } from '../config/config.ts'
import { lockFile } from '../db/data-directory-lock.ts'
import type { Database } from '../db/open.ts'
import type { Clock } from '../platform/clock.ts'
import { linesOfFile } from '../platform/lines.ts'
import type { Random } from '../platform/random.ts'
import type { BlobStorage } from '../storage/storage.ts'
import { BackupError } from './backup-codes.ts'
import { holdContent } from './backup-hold.ts'
import {
  listBackups,
  manifestFile,
  manifestText,
  newBackupId,
  type BackupManifest,
} from './backup-manifest.ts'
import { backupFolder, type BackupTarget } from './backup-target.ts'
import { readConfigFiles } from './config-files.ts'
import { copyFolder, emptyTally, type CopyTally } from './content-copy.ts'
import { byFolder } from './listed-blobs.ts'
import { prepareTarget } from './open-target.ts'
import type { ProgressMeter } from './progress.ts'
import { deriveKey, newDerivation } from './sealing.ts'
import { takeSnapshot, type Snapshot } from './snapshot.ts'
import { storeFile } from './stored-file.ts'
import { markBackup } from './target-marks.ts'

export interface CreateParts {
  readonly config: Pick<
    Config,
    'dataDir' | 'configDir' | 'database' | 'serverHostname' | 'registryState'
  >
  readonly database: Database
  readonly storage: Pick<BlobStorage, 'open'>
  readonly target: BackupTarget
  readonly clock: Clock
  readonly random: Random
  readonly version: string
  /** Seals database and configuration. */
  readonly passphrase?: string | undefined
  readonly withContent: boolean
  readonly progress: ProgressMeter
  readonly signal: AbortSignal
}

/**
 * Backs up a registry that may be in use. What the target has already is not copied again. The
 * manifest comes last: without it there is no backup, whatever else is there.
 */
export async function createBackup(parts: CreateParts): Promise<BackupManifest> {
  const { config, target, clock, random, progress, signal } = parts
  const lock = lockFile(path.join(config.dataDir, 'backup.lock'))
  if (lock === undefined) throw new BackupError('MOOR-BAK-002')
  const folder = path.join(config.dataDir, 'backup-work')
  const id = newBackupId(clock.now(), random)
  let isComplete = false
  try {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await prepareTarget(target)
    const mark = await markBackup(target, id, clock)
    try {
      const manifest = await makeBackup({ ...parts, id, folder })
      isComplete = true
      progress.end('done')
      return manifest
    } finally {
      if (!isComplete) await target.removeFolder(backupFolder(id)).catch(() => undefined)
      await mark.remove().catch(() => undefined)
    }
  } catch (error) {
    progress.end(signal.aborted ? 'cancelled' : 'failed')
    if (signal.aborted) throw new BackupError('MOOR-BAK-015', undefined, { cause: error })
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
    lock.release()
  }
}

type MakeParts = CreateParts & { readonly id: string; readonly folder: string }

async function makeBackup(parts: MakeParts): Promise<BackupManifest> {
  const { config, database, target, clock, random, version, passphrase, progress, signal } = parts
  const { id, folder, withContent } = parts
  const startedAt = clock.now()
  const previous = (await listBackups(target)).complete.at(-1) ?? null
  const encryption = passphrase === undefined ? null : newDerivation(random)
  const key =
    passphrase === undefined || encryption === null
      ? undefined
      : await deriveKey(passphrase, encryption)
  // Nothing is collected, and nothing may be written, while the registry is read-only.
  const hold =
    config.registryState === 'readonly'
      ? undefined
      : await holdContent({ db: database.db, clock, random })
  try {
    progress.enter('database')
    const snapshot = await takeSnapshot({
      ...{ config, database, clock, folder, signal },
      onProgress: (done, total) => {
        progress.reach({ done, total })
      },
    })
    const store = { id, key, random, signal }
    const stored = await storeFile(target, createReadStream(snapshot.databaseFile), {
      ...store,
      name: path.basename(snapshot.databaseFile),
      compress: true,
    })
    progress.enter('configuration')
    const configFiles = []
    for (const file of await readConfigFiles(config.configDir)) {
      const source = Readable.from([file.content])
      const name = `config/${file.path}`
      const found = await storeFile(target, source, { ...store, name, compress: false })
      configFiles.push({ ...found, path: file.path, mode: file.mode })
    }
    const content = withContent ? await copyContent(snapshot, parts) : null
    progress.enter('finishing')
    hold?.requireSafe()
    const manifest: BackupManifest = {
      format: 1,
      ...{ id, startedAt, createdAt: clock.now(), version, schema: snapshot.schema },
      serverHostname: config.serverHostname,
      ...{ previous, encryption },
      database: { ...stored, kind: snapshot.kind },
      config: configFiles,
      content,
    }
    const text = Buffer.from(manifestText(manifest))
    await target.write(manifestFile(id), Readable.from([text]), { signal })
    return manifest
  } finally {
    await hold?.release().catch(() => undefined)
  }
}

async function copyContent(snapshot: Snapshot, parts: MakeParts) {
  const { storage, target, progress, signal, id, folder, random } = parts
  progress.enter('content', { total: snapshot.sizeBytes, itemsTotal: snapshot.blobs })
  const tally: CopyTally = emptyTally()
  const listFile = path.join(folder, 'copied')
  const list = createWriteStream(listFile, { mode: 0o600 })
  try {
    for await (const group of byFolder(linesOfFile(snapshot.contentFile))) {
      const copied = await copyFolder(group, { storage, target, progress, tally, signal })
      for (const { digest, sizeBytes } of copied) list.write(`${digest} ${String(sizeBytes)}\n`)
    }
    list.end()
    await finished(list)
  } catch (error) {
    list.destroy()
    throw error
  }
  const stored = await storeFile(target, createReadStream(listFile), {
    ...{ id, name: 'content', compress: true, random, signal },
  })
  const { missing, damaged, ...amounts } = tally
  return { list: stored, ...amounts, missing: missing.sort(), damaged: damaged.sort() }
}
