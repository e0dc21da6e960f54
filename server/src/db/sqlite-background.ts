import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'

import type { BackgroundAnswer, BackgroundTask } from './sqlite-background-worker.ts'

/** Inserts many rows with one statement, in one transaction, away from the event loop. */
export type BulkInsert = (sql: string, rows: unknown[][]) => Promise<void>

/** Beyond this the pages of the WAL are moved into the database, so that it starts over. */
const checkpointBytes = 4 * 1024 * 1024

type Pending = PromiseWithResolvers<undefined>

/**
 * A thread with a connection of its own for what would hold the event loop up: rows that nobody
 * waits for (the action log) and checkpoints, which flush two files. It starts with its first task
 * and ends when the database closes.
 */
export class SqliteBackground {
  readonly #file: string
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | undefined
  #lastId = 0
  #isCheckpointing = false
  #isClosing = false

  constructor(file: string) {
    this.#file = file
  }

  readonly insert: BulkInsert = (sql, rows) =>
    this.#run({ id: ++this.#lastId, kind: 'insert', sql, rows })

  /** Called after commits; moves the WAL along once it has grown. */
  async checkpointWhenDue(): Promise<void> {
    if (this.#isCheckpointing) return
    this.#isCheckpointing = true
    try {
      const { size } = await stat(`${this.#file}-wal`)
      if (size > checkpointBytes) await this.#run({ id: ++this.#lastId, kind: 'checkpoint' })
    } finally {
      this.#isCheckpointing = false
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    this.#isClosing = true
    worker.ref()
    const exited = once(worker, 'exit')
    worker.postMessage('close')
    await exited
  }

  #run(task: BackgroundTask): Promise<undefined> {
    const pending = Promise.withResolvers<undefined>()
    this.#pending.set(task.id, pending)
    const worker = this.#thread()
    // While somebody waits for it, the process must not end over it.
    worker.ref()
    worker.postMessage(task)
    return pending.promise
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('./sqlite-background-worker.ts', import.meta.url), {
      workerData: { file: this.#file },
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    })
    worker.on('message', ({ id, error }: BackgroundAnswer) => {
      const pending = this.#pending.get(id)
      this.#pending.delete(id)
      if (this.#pending.size === 0 && !this.#isClosing) worker.unref()
      if (error === undefined) pending?.resolve(undefined)
      else pending?.reject(new Error(`database thread: ${error}`))
    })
    worker.on('error', (error) => {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    })
    worker.on('exit', () => {
      this.#fail(new Error('database thread ended'))
    })
    this.#worker = worker
    return worker
  }

  /** The next task gets a new thread. */
  #fail(error: Error): void {
    this.#worker = undefined
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
