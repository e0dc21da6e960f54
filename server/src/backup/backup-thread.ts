import { setDefaultCACertificates } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'

import { environment, readConfig } from '../config/read-config.ts'
import { openDatabase } from '../db/open.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { readVersion } from '../platform/version.ts'
import { openStorage } from '../storage/open-storage.ts'
import { createBackup } from './create-backup.ts'
import { openTarget } from './open-target.ts'
import { readPassphrase } from './passphrase.ts'
import { createProgressMeter, type Progress } from './progress.ts'
import { pruneBackups } from './prune-backups.ts'
import type { BackupManifest } from './backup-manifest.ts'

/** What a backup of the server is told; the rest it finds in the configuration. */
export interface BackupOrder {
  readonly dataDir: string
  readonly configDir: string
  readonly target: string
  readonly keep?: number | undefined
  readonly passphraseFile?: string | undefined
}

/** What trust a thread does not have by itself: PEM. */
export interface BackupThreadData {
  readonly order: BackupOrder
  readonly authorities: readonly string[]
}

export type BackupNews =
  | { readonly progress: Progress }
  | { readonly manifest: BackupManifest; readonly target: string }
  | { readonly failure: string; readonly isCancelled: boolean }

const progressEveryMs = 500

async function work(order: BackupOrder, signal: AbortSignal): Promise<BackupNews> {
  const { dataDir, configDir, keep } = order
  const clock = systemClock
  const progress = createProgressMeter({ clock })
  const timer = setInterval(() => {
    tell({ progress: progress.read() })
  }, progressEveryMs)
  await using opened = new AsyncDisposableStack()
  opened.defer(() => {
    clearInterval(timer)
    tell({ progress: progress.read() })
  })
  try {
    const config = await readConfig({ dataDir, configDir, env: environment, flags: {} })
    const log = createLogger('warn')
    const database = await openDatabase(config.database, { logger: log })
    opened.defer(() => database.close())
    const storage = await openStorage(config.storage, { clock, logger: log })
    opened.defer(() => storage.close())
    const target = await openTarget(order.target, {
      ...{ env: environment, random: systemRandom, signal },
    })
    opened.defer(() => target.close())
    const manifest = await createBackup({
      ...{ config, database, storage, target, clock, random: systemRandom, progress, signal },
      version: readVersion(),
      passphrase: await readPassphrase(order.passphraseFile),
      withContent: true,
    })
    if (keep !== undefined) await pruneBackups({ target, keep, clock })
    return { manifest, target: target.title }
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error)
    return { failure, isCancelled: signal.aborted }
  }
}

function tell(news: BackupNews): void {
  parentPort?.postMessage(news)
}

const controller = new AbortController()
parentPort?.once('message', () => {
  controller.abort()
})
const { order, authorities } = workerData as BackupThreadData
setDefaultCACertificates(authorities)
tell(await work(order, controller.signal))
parentPort?.close()
