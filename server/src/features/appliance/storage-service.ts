import path from 'node:path'

import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/open.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { reserveBytes } from '../../storage/disk-space.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { contentMeasureStore } from './content-measure-store.ts'
import { fileBytes, folderBytes } from './folder-size.ts'
import type { MeasureService } from './measure-service.ts'

export type StorageService = ReturnType<typeof createStorageService>

const goodForMs = 60_000
const mostUploads = 10_000
const growthDays = 90

interface FolderSizes {
  readonly at: Instant
  readonly databaseBytes: number
  readonly logsBytes: number
  readonly backupsBytes: number
}

/** What takes how much. */
export function createStorageService({
  database: { db },
  storage,
  clock,
  measure,
  config,
  backupFolder,
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
  measure: MeasureService
  config: Pick<
    Config,
    'dataDir' | 'database' | 'diskspaceHealthThreshold' | 'diskspaceWarningThreshold'
  >
  /** Where backups go, when that is a folder here. */
  backupFolder: string | undefined
}) {
  let sizes: FolderSizes | undefined
  let looking: Promise<FolderSizes> | undefined

  async function databaseBytes(): Promise<number> {
    if (config.database.kind !== 'sqlite') return contentMeasureStore(db).postgresqlBytes()
    const { file } = config.database
    const parts = await Promise.all(['', '-wal', '-shm'].map((end) => fileBytes(`${file}${end}`)))
    return parts.reduce((sum, bytes) => sum + bytes, 0)
  }

  async function look(): Promise<FolderSizes> {
    const [database, logs, exported, backups] = await Promise.all([
      databaseBytes(),
      folderBytes(path.join(config.dataDir, 'logs')),
      folderBytes(path.join(config.dataDir, 'exportedactionlogs')),
      backupFolder === undefined ? 0 : folderBytes(backupFolder),
    ])
    sizes = {
      at: clock.now(),
      databaseBytes: database,
      logsBytes: logs + exported,
      backupsBytes: backups,
    }
    return sizes
  }

  function folderSizes(): Promise<FolderSizes> {
    if (sizes !== undefined && clock.now() - sizes.at < goodForMs) return Promise.resolve(sizes)
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  return {
    space: () => storage.space(),

    async overview() {
      const [{ freeBytes, totalBytes }, folders, content, growth, uploadsBytes] = await Promise.all(
        [
          storage.space(),
          folderSizes(),
          measure.content(),
          measure.samples(growthDays),
          contentMeasureStore(db).uploadBytes(mostUploads),
        ],
      )
      const allContent = content?.contentBytes ?? 0
      const restorable = content?.restorableBytes ?? null
      const known =
        allContent + uploadsBytes + folders.databaseBytes + folders.logsBytes + folders.backupsBytes
      return {
        measuredAt: folders.at,
        content,
        growth,
        sharingRatio:
          content?.apartBytes === undefined || allContent === 0
            ? null
            : Math.round((content.apartBytes / allContent) * 100) / 100,
        capacity: {
          total_bytes: totalBytes,
          free_bytes: freeBytes,
          content_bytes: allContent - (restorable ?? 0),
          uploads_bytes: uploadsBytes,
          restorable_bytes: restorable,
          database_bytes: folders.databaseBytes,
          logs_bytes: folders.logsBytes,
          backups_bytes: folders.backupsBytes,
          other_bytes: Math.max(0, totalBytes - freeBytes - known),
          warning_free_bytes: Math.ceil(totalBytes * config.diskspaceWarningThreshold),
          error_free_bytes: Math.ceil(totalBytes * config.diskspaceHealthThreshold),
          pushes_stop_free_bytes: Math.ceil(reserveBytes(totalBytes)),
        },
      }
    },
  }
}
