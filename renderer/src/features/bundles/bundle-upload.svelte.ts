import { ApiError, UnreachableError } from '../../api/api-error.ts'
import type { Client } from '../../api/client.ts'

/** A file of a bundle, with its way inside the bundle. */
export interface FileToSend {
  readonly name: string
  readonly file: File
}

const pieceBytes = 8 * 1024 * 1024
const retryMs = [1_000, 2_000, 5_000, 10_000, 15_000]
const put = 'PUT /api/v1/mooring/bundles/uploads/{upload_id}/files/{name}'

/**
 * Names of the files of a folder that was chosen: below it, unless it is itself one volume of
 * several, whose name says which.
 */
export function filesToSend(files: readonly File[]): readonly FileToSend[] {
  return files.map((file) => {
    const parts = file.webkitRelativePath.split('/').filter((part) => part !== '')
    if (parts.length === 0) return { name: file.name, file }
    const isVolume = /^vol-\d{3,5}$/.test(parts[0] ?? '')
    return { name: (isVolume ? parts : parts.slice(1)).join('/'), file }
  })
}

/** Sends files piece by piece; what arrived is asked for, so that it goes on after any interruption. */
export class BundleSending {
  readonly #client: Client
  readonly #id: string
  #state = $state<'idle' | 'sending' | 'paused' | 'failed' | 'done'>('idle')
  #failure = $state.raw<unknown>()
  #done = $state(0)
  #total = $state(0)
  #filesDone = $state(0)
  #filesTotal = $state(0)
  #current = $state('')
  #rate = $state<number>()
  #files: readonly FileToSend[] = []
  #stop: AbortController | undefined

  constructor(client: Client, id: string) {
    this.#client = client
    this.#id = id
  }

  get state() {
    return this.#state
  }
  get failure(): unknown {
    return this.#failure
  }
  get progress() {
    return {
      done: this.#done,
      total: this.#total,
      itemsDone: this.#filesDone,
      itemsTotal: this.#filesTotal,
      current: this.#current,
      rate: this.#rate,
    }
  }

  pause(): void {
    this.#stop?.abort()
  }

  /** The same files again, after a pause or a failure. */
  goOn = (): Promise<void> => this.send(this.#files)

  async send(files: readonly FileToSend[]): Promise<void> {
    if (this.#state === 'sending') return
    this.#files = files
    this.#filesTotal = files.length
    this.#total = files.reduce((sum, { file }) => sum + file.size, 0)
    this.#failure = undefined
    this.#state = 'sending'
    const stop = new AbortController()
    this.#stop = stop
    try {
      for (let attempt = 0; ; attempt++) {
        const before = this.#done
        try {
          await this.#sendMissing(files, stop.signal)
          break
        } catch (cause) {
          if (this.#done > before) attempt = 0
          const wait = retryMs[attempt]
          const isPassing =
            cause instanceof UnreachableError || (cause instanceof ApiError && cause.status === 416)
          if (stop.signal.aborted || !isPassing || wait === undefined) throw cause
          await pause(wait, stop.signal)
        }
      }
      this.#state = 'done'
    } catch (cause) {
      if (!stop.signal.aborted) this.#failure = cause
      this.#state = stop.signal.aborted ? 'paused' : 'failed'
    } finally {
      this.#rate = undefined
    }
  }

  async #sendMissing(files: readonly FileToSend[], signal: AbortSignal): Promise<void> {
    const params = { upload_id: this.#id }
    const upload = await this.#client.call('GET /api/v1/mooring/bundles/uploads/{upload_id}', {
      params,
      signal,
    })
    const arrived = new Map(upload.files.map(({ name, bytes }) => [name, bytes]))
    this.#filesDone = 0
    this.#done = 0
    const startedAt = performance.now()
    let sent = 0
    for (const { name, file } of files) {
      this.#current = name
      const here = arrived.get(name)
      // Longer than the file that is to be sent: another one of this name, which begins anew.
      let at = here === undefined || here > file.size ? 0 : here
      this.#done += at
      if (here === undefined && file.size === 0)
        await this.#sendPiece(name, file, undefined, signal)
      while (at < file.size) {
        const end = Math.min(at + pieceBytes, file.size)
        const range = `bytes ${String(at)}-${String(end - 1)}/${String(file.size)}`
        await this.#sendPiece(name, file.slice(at, end), range, signal)
        sent += end - at
        this.#done += end - at
        this.#rate = (sent * 1_000) / Math.max(1, performance.now() - startedAt)
        at = end
      }
      this.#filesDone++
    }
  }

  async #sendPiece(
    name: string,
    bytes: Blob,
    range: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const params = { upload_id: this.#id, name }
    await this.#client.sendBytes(put, { params, bytes, range, signal })
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
