import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../platform/logger.ts'

/**
 * One bounded batch of background work; `more` when another one is waiting. Safe to run twice. A batch
 * that takes long gives up when it is told to stop.
 */
export type Step = (stopping?: AbortSignal) => Promise<'more' | 'idle'>

const firstRetryMs = 1_000
const longestRetryMs = 600_000

/** Runs a step at once and then every `everyMs`, until it is stopped; backs off while it fails. */
export class Worker implements AsyncDisposable {
  readonly #name: string
  readonly #step: Step
  readonly #everyMs: number
  readonly #log: Logger
  readonly #stopped: () => Promise<void>
  readonly #stop = new AbortController()
  #loop: Promise<void> | undefined

  constructor(options: {
    name: string
    step: Step
    everyMs: number
    log: Logger
    /** Runs after the last batch. */
    stopped?: () => Promise<void>
  }) {
    this.#name = options.name
    this.#step = options.step
    this.#everyMs = options.everyMs
    this.#log = options.log
    this.#stopped = options.stopped ?? (() => Promise.resolve())
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Lets the batch under way finish, then ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await this.#stopped()
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #run(): Promise<void> {
    let retryMs = firstRetryMs
    while (!this.#isStopped()) {
      let waitMs = this.#everyMs
      try {
        while ((await this.#step(this.#stop.signal)) === 'more' && !this.#isStopped());
        retryMs = firstRetryMs
      } catch (error) {
        this.#log.error({ err: error, worker: this.#name, retryMs }, 'worker step failed')
        waitMs = retryMs
        retryMs = Math.min(retryMs * 2, longestRetryMs)
      }
      await delay(waitMs, undefined, { signal: this.#stop.signal, ref: false }).catch(
        () => undefined,
      )
    }
  }
}
