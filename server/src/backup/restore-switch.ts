import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'

import type { Config } from '../config/config.ts'
import { readConfig } from '../config/read-config.ts'
import type { Environment } from '../config/config-sources.ts'
import { openDatabase } from '../db/open.ts'
import { loadPostgresql } from '../db/postgresql-load.ts'
import { syncDirectory, writeFileDurably } from '../platform/files.ts'
import { linesOfFile } from '../platform/lines.ts'
import { isMissing } from './backup-target.ts'
import { BackupError } from './backup-codes.ts'
import { listConfigFiles } from './config-files.ts'
import { removeOtherContent } from './restore-content.ts'
import { clearJournal, readJournal, stagingFolder, type RestoreJournal } from './restore-journal.ts'

export const stagedConfig = (dataDir: string) => path.join(stagingFolder(dataDir), 'config')
export const stagedDump = (dataDir: string) => path.join(stagingFolder(dataDir), 'database.ndjson')
export const stagedContent = (dataDir: string) => path.join(stagingFolder(dataDir), 'content')
/** Beside its place, because a rename needs one file system. */
export const stagedSqlite = (databaseFile: string) => `${databaseFile}.restoring`

export interface RestorePlace {
  readonly dataDir: string
  readonly env: Environment
}

/** The settings of the backup, before they are in their place. */
export function readStagedConfig({ dataDir, env }: RestorePlace): Promise<Config> {
  return readConfig({ configDir: stagedConfig(dataDir), dataDir, env, flags: {} })
}

/** Puts what is staged in its place. Each step may be repeated, so whoever comes next goes on. */
export async function finishSwitch(place: RestorePlace, journal: RestoreJournal): Promise<void> {
  const { dataDir } = place
  const config = await readStagedConfig(place)
  if (config.database.kind === 'sqlite') {
    await switchSqlite(config.database.file)
  } else {
    const database = await openDatabase(config.database)
    try {
      const lines = linesOfFile(stagedDump(dataDir))
      await loadPostgresql(database, lines, { schema: journal.schema })
    } finally {
      await database.close()
    }
  }
  await switchConfig(dataDir, journal)
  // An upgrade of what was here before is nobody's concern any more.
  await rm(path.join(dataDir, 'upgrade.json'), { force: true })
  if (journal.replacesContent && config.storage.kind === 'disk') {
    await removeOtherContent(config.storage.path, stagedContent(dataDir))
  }
  await clearJournal(dataDir)
}

async function switchSqlite(file: string): Promise<void> {
  const staged = stagedSqlite(file)
  if ((await stat(staged).catch(ignoreMissing)) === undefined) return
  // Its neighbours belong to the database that goes; with the new one they would be its ruin.
  for (const suffix of ['-wal', '-shm', '-journal']) await rm(`${file}${suffix}`, { force: true })
  await rename(staged, file)
  await syncDirectory(path.dirname(file))
}

async function switchConfig(dataDir: string, { configDir, config }: RestoreJournal): Promise<void> {
  await mkdir(configDir, { recursive: true, mode: 0o700 })
  // config.yaml comes last: without it a server does not take the folder for a complete one.
  const isMain = (name: string) => name === 'config.yaml'
  const inOrder = [...config].sort((a, b) => Number(isMain(a.path)) - Number(isMain(b.path)))
  for (const { path: name, mode } of inOrder) {
    const file = path.join(configDir, name)
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    await writeFileDurably(file, await readFile(path.join(stagedConfig(dataDir), name)), mode)
  }
  const wanted = new Set(config.map(({ path: name }) => name))
  for (const name of await listConfigFiles(configDir)) {
    if (!wanted.has(name)) await rm(path.join(configDir, name))
  }
}

/**
 * To be called before a server looks at its data: carries a restore to its end that was broken off
 * when everything was at hand.
 * @throws BackupError when one was broken off earlier and there is nothing else to serve.
 */
export async function settleRestore(place: RestorePlace & { configDir: string }): Promise<void> {
  const journal = await readJournal(place.dataDir)
  if (journal === undefined) return
  if (journal.state === 'switching') {
    await finishSwitch(place, journal)
    return
  }
  try {
    await readFile(path.join(place.configDir, 'config.yaml'))
  } catch (error) {
    if (isMissing(error)) throw new BackupError('MOOR-BAK-014')
    throw error
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}
