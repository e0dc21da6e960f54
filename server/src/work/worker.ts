import { setTimeout as delay } from 'node:timers/promises'
import { longestTimerMs } from '../platform/longest-timer.ts'
import type { Logger } from '../platform/logger.ts'

/**
 * One bounded batch of background work; `more` when another one is waiting. Safe to run twice. A batch
 * that takes long gives up when it is told to stop.
 */
export type Step = (stopping?: AbortSignal) => Promise<'more' | 'idle'>

/** What a worker does, told as it happens. */
export type WorkerTurn =
  { readonly kind: 'started' | 'ended' } | { readonly kind: 'failed'; readonly error: unknown }

/**
 * What a pause does to a batch under way: tells it to give up, as at the end of the server, or lets it
 * finish.
 */
export type Pausing = 'at-once' | 'after-batch'

const firstRetryMs = 1_000
const longestRetryMs = 600_000

/** Runs a step at once and then every `everyMs`, until it is stopped; backs off while it fails. */
export class Worker implements AsyncDisposable {
  readonly name: string
  readonly everyMs: number
  /** Undefined where nobody may pause it. */
  readonly pausing: Pausing | undefined
  readonly #step: Step
  readonly #log: Logger
  readonly #stopped: () => Promise<void>
  #stop = new AbortController()
  #isStopped = false
  #isPaused = false
  #loop: Promise<void> | undefined
  #observe: (turn: WorkerTurn) => void = () => undefined
  #woken = new AbortController()

  constructor(options: {
    name: string
    step: Step
    everyMs: number
    log: Logger
    /** Runs after the last batch, and before a pause that comes at once. */
    stopped?: () => Promise<void>
    pausing?: Pausing
  }) {
    this.name = options.name
    this.#step = options.step
    this.everyMs = options.everyMs
    this.#log = options.log
    this.pausing = options.pausing
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

  /** No other batch begins until it goes on; over again is no harm. */
  pause(): void {
    if (this.pausing === undefined || this.#isPaused) return
    this.#isPaused = true
    if (this.pausing === 'at-once') this.#stop.abort()
    this.#woken.abort()
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (!this.#isStopped) this.#stop = new AbortController()
    this.#woken.abort()
  }

  /** Lets the batch under way finish, then ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    this.#stop.abort()
    this.#woken.abort()
    await this.#loop
    await this.#stopped()
  }

  async #wait(forMs: number): Promise<void> {
    const { signal } = this.#woken
    await delay(Math.min(forMs, longestTimerMs), undefined, { signal, ref: false }).catch(
      () => undefined,
    )
    this.#woken = new AbortController()
  }

  #mayWork(): boolean {
    return !this.#isStopped && !this.#isPaused
  }

  async #run(): Promise<void> {
    let retryMs = firstRetryMs
    while (!this.#isStopped) {
      if (this.#isPaused) {
        await this.#rest()
        continue
      }
      let waitMs = this.everyMs
      this.#observe({ kind: 'started' })
      try {
        const { signal } = this.#stop
        while ((await this.#step(signal)) === 'more' && this.#mayWork());
        retryMs = firstRetryMs
        this.#observe({ kind: 'ended' })
      } catch (error) {
        if (this.isPaused) {
          this.#observe({ kind: 'ended' })
          continue
        }
        this.#log.error({ err: error, worker: this.name, retryMs }, 'worker step failed')
        this.#observe({ kind: 'failed', error })
        waitMs = retryMs
        retryMs = Math.min(retryMs * 2, longestRetryMs)
      }
      if (this.#mayWork()) await this.#wait(waitMs)
    }
  }

  async #rest(): Promise<void> {
    if (this.pausing === 'at-once') {
      await this.#stopped().catch((error: unknown) => {
        this.#log.warn({ err: error, worker: this.name }, 'worker not put to rest')
      })
    }
    while (this.#isPaused && !this.#isStopped) await this.#wait(longestRetryMs)
  }
}
