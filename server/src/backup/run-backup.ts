import { getCACertificates } from 'node:tls'
import { Worker } from 'node:worker_threads'

import type { BackupNews, BackupOrder, BackupThreadData } from './backup-thread.ts'
import type { Progress } from './progress.ts'

export type BackupResult = Exclude<BackupNews, { progress: Progress }>

export interface BackupRun {
  readonly done: Promise<BackupResult>
  cancel(): void
}

export type RunBackup = (order: BackupOrder, onProgress: (progress: Progress) => void) => BackupRun

/** Makes a backup on a thread of its own, so that hashing does not hold up those who push and pull. */
export const runBackup: RunBackup = (order, onProgress) => {
  const thread = new Worker(new URL('./backup-thread.ts', import.meta.url), {
    workerData: {
      order,
      authorities: getCACertificates('default'),
    } satisfies BackupThreadData,
    execArgv: [],
  })
  let result: BackupResult = { failure: 'the backup ended early', isCancelled: false }
  const done = new Promise<BackupResult>((resolve) => {
    thread.on('message', (news: BackupNews) => {
      if ('progress' in news) onProgress(news.progress)
      else result = news
    })
    thread.on('error', (error: unknown) => {
      const failure = error instanceof Error ? error.message : String(error)
      result = { failure, isCancelled: false }
    })
    thread.on('exit', () => {
      resolve(result)
    })
  })
  return {
    done,
    cancel: () => {
      thread.postMessage('cancel')
    },
  }
}
