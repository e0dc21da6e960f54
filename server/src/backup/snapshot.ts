import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { setImmediate as otherWork } from 'node:timers/promises'

import type { DatabaseConfig } from '../config/config.ts'
import type { Database } from '../db/open.ts'
import { dumpPostgresql, inSnapshot } from '../db/postgresql-dump.ts'
import { currentLevel } from '../db/schema-level.ts'
import { copySqlite, openSqliteCopy } from '../db/sqlite-copy.ts'
import type { Db } from '../db/tables.ts'
import type { Clock } from '../platform/clock.ts'
import { contentStore } from './content-store.ts'

export interface Snapshot {
  readonly kind: 'sqlite' | 'postgresql'
  readonly schema: string
  /** A SQLite database, or the lines of a dump. */
  readonly databaseFile: string
  /** A line for each blob: digest, size, and 1 when something refers to it. */
  readonly contentFile: string
  readonly blobs: number
  readonly sizeBytes: number
}

export interface SnapshotParts {
  readonly config: { readonly database: DatabaseConfig }
  readonly database: Pick<Database, 'db'>
  readonly clock: Clock
  /** An empty folder. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const blobsAtOnce = 2_000

/** What the database is at one moment, with the list of the content that it refers to at that moment. */
export async function takeSnapshot(parts: SnapshotParts): Promise<Snapshot> {
  const { config, database, folder, signal, onProgress } = parts
  const contentFile = path.join(folder, 'content')
  const schema = currentLevel()
  if (config.database.kind === 'sqlite') {
    const databaseFile = path.join(folder, 'database.sqlite')
    await copySqlite(config.database.file, databaseFile, {
      signal,
      ...(onProgress && { onPages: onProgress }),
    })
    const copy = openSqliteCopy(databaseFile)
    const listed = await listContent(copy.db, contentFile, parts).finally(() => copy.close())
    return { kind: 'sqlite', schema, databaseFile, contentFile, ...listed }
  }
  const databaseFile = path.join(folder, 'database.ndjson')
  const listed = await inSnapshot(database.db, async (tx) => {
    await toFile(databaseFile, (file) => dumpPostgresql(tx, file, { schema, signal }))
    return listContent(tx, contentFile, parts)
  })
  return { kind: 'postgresql', schema, databaseFile, contentFile, ...listed }
}

async function listContent(
  db: Db,
  file: string,
  { clock, signal }: Pick<SnapshotParts, 'clock' | 'signal'>,
) {
  const content = contentStore(db)
  const now = clock.now()
  let blobs = 0
  let sizeBytes = 0
  await toFile(file, async (target) => {
    for (let after = ''; ;) {
      const page = await content.page(after, blobsAtOnce, now)
      const lines = page.map(
        (blob) => `${blob.digest} ${String(blob.sizeBytes)} ${blob.isReferred ? '1' : '0'}\n`,
      )
      if (!target.write(lines.join(''))) await once(target, 'drain')
      blobs += page.length
      for (const blob of page) sizeBytes += blob.sizeBytes
      signal?.throwIfAborted()
      if (page.length < blobsAtOnce) return
      after = page.at(-1)?.digest ?? ''
      await otherWork()
    }
  })
  return { blobs, sizeBytes }
}

async function toFile(file: string, write: (target: WriteStream) => Promise<void>): Promise<void> {
  const target = createWriteStream(file, { mode: 0o600 })
  try {
    await write(target)
    target.end()
    await finished(target)
  } catch (error) {
    target.destroy()
    throw error
  }
}
