import { Worker } from 'node:worker_threads'
import type { Logger } from '../platform/logger.ts'
import type {
  UploadCall,
  UploadFault,
  UploadReply,
  UploadRequest,
  UploadWorkerData,
} from './upload-protocol.ts'

interface Options extends UploadWorkerData {
  readonly count: number
  readonly logger: Logger
  /** What the threads run. */
  readonly entry?: URL
}

interface Slot {
  worker: Worker | undefined
  exited: Promise<void>
  readonly waiting: Map<number, { resolve(value: number): void; reject(error: Error): void }>
}

/** A request that a worker could not fulfil; `code` is an errno name or one of ours. */
export class UploadWorkerError extends Error {
  override readonly name = 'UploadWorkerError'
  readonly code: string

  constructor({ code, message }: UploadFault) {
    super(message)
    this.code = code
  }
}

const workerEntry = new URL('./upload-worker.ts', import.meta.url)

export type UploadWorkers = ReturnType<typeof uploadWorkers>

/**
 * Threads that write, hash and flush. They start when first needed. When one dies, what it was doing
 * fails and the next request starts another.
 */
export function uploadWorkers({ count, logger, entry = workerEntry, ...data }: Options) {
  const slots = Array.from({ length: count }, (): Slot => {
    return { worker: undefined, exited: Promise.resolve(), waiting: new Map() }
  })
  let lastCall = 0
  let closing = false

  function start(slot: Slot): Worker {
    const worker = new Worker(entry, {
      workerData: data,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    })
    worker.on('message', ({ call, value, fault }: UploadReply) => {
      const waiter = slot.waiting.get(call)
      slot.waiting.delete(call)
      if (fault) waiter?.reject(new UploadWorkerError(fault))
      else waiter?.resolve(value)
    })
    worker.on('error', (error) => {
      logger.error({ err: error }, 'storage worker failed')
    })
    slot.exited = new Promise((resolve) => {
      worker.on('exit', () => {
        slot.worker = undefined
        const lost = [...slot.waiting.values()]
        slot.waiting.clear()
        for (const waiter of lost) waiter.reject(stopped())
        resolve()
      })
    })
    return worker
  }

  function call(index: number, request: UploadRequest): Promise<number> {
    if (closing) return Promise.reject(stopped())
    return send(slots[index % count] as Slot, request)
  }

  function send(slot: Slot, request: UploadRequest): Promise<number> {
    slot.worker ??= start(slot)
    const { worker } = slot
    return new Promise((resolve, reject) => {
      lastCall += 1
      slot.waiting.set(lastCall, { resolve, reject })
      worker.postMessage({ call: lastCall, request } satisfies UploadCall)
    })
  }

  return {
    call,

    async close(): Promise<void> {
      closing = true
      await Promise.all(
        slots.map(async (slot) => {
          if (!slot.worker) return
          await send(slot, { op: 'close' }).catch(() => undefined)
          await slot.exited
        }),
      )
    },
  }
}

function stopped(): UploadWorkerError {
  return new UploadWorkerError({ code: 'worker-stopped', message: 'the storage worker stopped' })
}
