import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../platform/logger.ts'

/**
 * One bounded batch of background work; `more` when another one is waiting. Safe to run twice. A batch
 * that takes long gives up when it is told to stop.
 */
export type Step = (stopping?: AbortSignal) => Promise<'more' | 'idle'>

/** What a worker does, told as it happens. */
export type WorkerTurn =
  { readonly kind: 'started' | 'ended' } | { readonly kind: 'failed'; readonly error: unknown }

const firstRetryMs = 1_000
const longestRetryMs = 600_000

/** Runs a step at once and then every `everyMs`, until it is stopped; backs off while it fails. */
export class Worker implements AsyncDisposable {
  readonly name: string
  readonly everyMs: number
  readonly #step: Step
  readonly #log: Logger
  readonly #stopped: () => Promise<void>
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined
  #observe: (turn: WorkerTurn) => void = () => undefined
  #woken = new AbortController()

  constructor(options: {
    name: string
    step: Step
    everyMs: number
    log: Logger
    /** Runs after the last batch. */
    stopped?: () => Promise<void>
  }) {
    this.name = options.name
    this.#step = options.step
    this.everyMs = options.everyMs
    this.#log = options.log
    this.#stopped = options.stopped ?? (() => Promise.resolve())
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Tells one listener of each turn from now on. */
  observe(listener: (turn: WorkerTurn) => void): void {
    this.#observe = listener
  }

  /** The next turn comes at once, or right after the one under way. */
  wake(): void {
    this.#woken.abort()
  }

  /** Lets the batch under way finish, then ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#woken.abort()
    await this.#loop
    await this.#stopped()
  }

  async #wait(forMs: number): Promise<void> {
    const { signal } = this.#woken
    await delay(forMs, undefined, { signal, ref: false }).catch(() => undefined)
    this.#woken = new AbortController()
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #run(): Promise<void> {
    let retryMs = firstRetryMs
    while (!this.#isStopped()) {
      let waitMs = this.everyMs
      this.#observe({ kind: 'started' })
      try {
        while ((await this.#step(this.#stop.signal)) === 'more' && !this.#isStopped());
        retryMs = firstRetryMs
        this.#observe({ kind: 'ended' })
      } catch (error) {
        this.#log.error({ err: error, worker: this.name, retryMs }, 'worker step failed')
        this.#observe({ kind: 'failed', error })
        waitMs = retryMs
        retryMs = Math.min(retryMs * 2, longestRetryMs)
      }
      await this.#wait(waitMs)
    }
  }
}
