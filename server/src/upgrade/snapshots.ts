import { constants, createReadStream, createWriteStream } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

import type { DatabaseConfig } from '../config/config.ts'
import { openDatabase, type Database } from '../db/open.ts'
import { dumpPostgresql, inSnapshot } from '../db/postgresql-dump.ts'
import { dropTables, loadPostgresql } from '../db/postgresql-load.ts'
import { copySqlite } from '../db/sqlite-copy.ts'
import { syncDirectory } from '../platform/files.ts'
import type { Instant } from '../platform/clock.ts'
import { linesOf } from '../platform/lines.ts'
import { snapshotsFolder } from './upgrade-journal.ts'

export const snapshotsKept = 3

interface Place {
  readonly dataDir: string
  readonly database: DatabaseConfig
}

/** Keeps what a database is before an upgrade. @returns the name of the file. */
export async function takeUpgradeSnapshot(
  { dataDir, database: config }: Place,
  { db }: Pick<Database, 'db'>,
  { level, now }: { readonly level: string; readonly now: Instant },
): Promise<string> {
  const folder = snapshotsFolder(dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await syncDirectory(dataDir)
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  const name = `${time}Z-${level}.${config.kind === 'sqlite' ? 'sqlite' : 'ndjson.gz'}`
  const part = path.join(folder, `${name}.part`)
  if (config.kind === 'sqlite') {
    await copySqlite(config.file, part)
  } else {
    const lines = new PassThrough()
    const file = createWriteStream(part, { mode: 0o600, flush: true })
    const dumping = inSnapshot(db, (tx) => dumpPostgresql(tx, lines, { schema: level })).then(
      () => void lines.end(),
      (error: unknown) => {
        lines.destroy(error instanceof Error ? error : new Error(String(error)))
      },
    )
    await Promise.all([pipeline(lines, createGzip({ level: 3 }), file), dumping])
  }
  await rename(part, path.join(folder, name))
  await syncDirectory(folder)
  return name
}

/** Makes a database what a snapshot says; nobody may have it open. May be repeated. */
export async function putSnapshotBack(
  { dataDir, database: config }: Place,
  name: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const snapshot = path.join(snapshotsFolder(dataDir), name)
  if (config.kind === 'sqlite') {
    await replaceSqlite(snapshot, config.file)
    return
  }
  const database = await openDatabase(config)
  try {
    await dropTables(database.db, [from, to])
    await loadPostgresql(database, linesOfSnapshot(snapshot), { schema: from })
  } finally {
    await database.close()
  }
}

/** Begins to read when the first line is asked for: nobody would hear of one that came earlier. */
async function* linesOfSnapshot(file: string): AsyncGenerator<string> {
  const unpacked = createGunzip()
  const reading = pipeline(createReadStream(file), unpacked)
  reading.catch(() => undefined)
  yield* linesOf(unpacked)
  await reading
}

async function replaceSqlite(snapshot: string, file: string): Promise<void> {
  const staged = `${file}.undoing`
  await copyFile(snapshot, staged, constants.COPYFILE_FICLONE)
  const handle = await open(staged, 'r+')
  await handle.sync().finally(() => handle.close())
  // They belong to the database that goes.
  for (const suffix of ['-wal', '-shm', '-journal']) await rm(`${file}${suffix}`, { force: true })
  await rename(staged, file)
  await syncDirectory(path.dirname(file))
}

/** Removes all but the latest, and what a snapshot that was broken off has left. */
export async function pruneSnapshots(dataDir: string): Promise<void> {
  const folder = snapshotsFolder(dataDir)
  const names = (await readdir(folder).catch(() => [])).sort()
  const whole = names.filter((name) => /\.(?:sqlite|ndjson\.gz)$/.test(name))
  const kept = new Set(whole.slice(-snapshotsKept))
  for (const name of names) if (!kept.has(name)) await rm(path.join(folder, name), { force: true })
}
