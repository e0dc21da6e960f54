import { readEvents } from '../../api/event-stream.ts'
import { explain } from '../../app/explain.ts'
import type { App } from '../../app/context.ts'
import type { LogLine } from './log-line.ts'

export interface LogFilter {
  readonly level: string
  readonly component: string
  readonly text: string
}

const kept = 5_000
const firstLines = 200
const retryMs = [500, 1_000, 2_000, 5_000, 15_000]

/** The log of the server as it is written, as far as somebody wants to see it. */
export class LogTail {
  #lines = $state.raw<readonly LogLine[]>([])
  #waiting: LogLine[] = []
  #held = $state(0)
  #isPaused = $state(false)
  #components = $state.raw<readonly string[]>([])
  #older = $state<number | null>(null)
  #failure = $state<string>()
  #state = $state<'loading' | 'live' | 'broken'>('loading')
  #isQueued = false
  readonly #app: App
  #filter: LogFilter = { level: '', component: '', text: '' }

  constructor(app: App) {
    this.#app = app
  }

  get lines(): readonly LogLine[] {
    return this.#lines
  }
  get components(): readonly string[] {
    return this.#components
  }
  get state() {
    return this.#state
  }
  get failure() {
    return this.#failure
  }
  get hasOlder(): boolean {
    return this.#older !== null
  }
  get isPaused(): boolean {
    return this.#isPaused
  }
  /** Lines that came while it was paused. */
  get held(): number {
    return this.#held
  }

  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused
    if (!isPaused) this.#show()
  }

  clear(): void {
    this.#lines = []
    this.#waiting = []
    this.#held = 0
    this.#older = null
  }

  /** Begins anew with another filter. @returns how to stop */
  start(filter: LogFilter): () => void {
    const stopped = new AbortController()
    this.#filter = filter
    this.clear()
    this.#state = 'loading'
    void this.#run(stopped.signal)
    return () => {
      stopped.abort()
    }
  }

  /** Lines from before the first that is shown. */
  async loadOlder(): Promise<void> {
    if (this.#older === null) return
    const page = await this.#page({ before: this.#older, limit: 500 })
    this.#older = this.#lines.length + page.lines.length >= kept ? null : page.next
    this.#lines = [...page.lines.toReversed(), ...this.#lines]
  }

  #page(where: { before?: number; limit: number }, signal?: AbortSignal) {
    return this.#app.client.call('GET /api/v1/mooring/service/logs', {
      query: { ...this.#asked(), ...where },
      ...(signal !== undefined && { signal }),
    })
  }

  #asked() {
    const { level, component, text } = this.#filter
    return {
      ...(level !== '' && { level }),
      ...(component !== '' && { component }),
      ...(text !== '' && { text }),
    }
  }

  async #run(signal: AbortSignal) {
    let failures = 0
    const isOver = () => signal.aborted
    while (!isOver()) {
      try {
        // Another process counts from one again, so each stream begins with a look at what there is.
        const after = await this.#begin(signal)
        const query = { ...this.#asked(), after }
        const url = this.#app.client.address('GET /api/v1/mooring/service/logs/events', { query })
        await readEvents(url, {
          signal,
          lastId: after,
          opened: () => {
            failures = 0
            this.#state = 'live'
            this.#failure = undefined
          },
          onEvent: ({ name, data }) => {
            if (name === 'line') this.#take(data as LogLine)
          },
        })
      } catch (cause) {
        if (isOver()) return
        this.#failure = explain(cause).message
        this.#state = 'broken'
      }
      await pause(retryMs[Math.min(failures++, retryMs.length - 1)] ?? 0, signal)
    }
  }

  /** @returns the number of the last line there is */
  async #begin(signal: AbortSignal): Promise<string> {
    const page = await this.#page({ limit: firstLines }, signal)
    this.#components = page.components
    this.#older = page.next
    this.#waiting = []
    this.#held = 0
    this.#lines = page.lines.toReversed()
    this.#state = 'live'
    return String(page.last_seq)
  }

  /** A burst of lines is shown at once. */
  #take(line: LogLine) {
    this.#waiting.push(line)
    if (this.#waiting.length > kept) this.#waiting.shift()
    if (this.#isPaused) {
      this.#held = this.#waiting.length
      return
    }
    if (this.#isQueued) return
    this.#isQueued = true
    requestAnimationFrame(() => {
      this.#isQueued = false
      if (!this.#isPaused) this.#show()
    })
  }

  #show() {
    if (this.#waiting.length === 0) return
    const lines = [...this.#lines, ...this.#waiting]
    if (lines.length > kept) this.#older = null
    this.#lines = lines.slice(-kept)
    this.#waiting = []
    this.#held = 0
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
