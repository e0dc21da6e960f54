import type { ApplyView } from '@mooring/server/contract/setup'
import { faultOf } from '../../api/setup-client.ts'
import type { Setup } from './setup.svelte.ts'

const againMs = 1_500
/** After this long without an answer it is said where the registry may be by now. */
const patience = 3

/** The list of tasks, as it happens; through a restart, and to another address as far as a page may. */
export class Applying {
  readonly #setup: Setup
  view = $state.raw<ApplyView>()
  #misses = $state(0)

  constructor(setup: Setup) {
    this.#setup = setup
  }

  /** Nothing answers here for a while: the registry may be at its own address. */
  get isLost(): boolean {
    return this.#misses >= patience
  }

  /** @returns how to stop */
  follow(): () => void {
    const stop = new AbortController()
    void this.#follow(stop.signal)
    return () => {
      stop.abort()
    }
  }

  #isThrough(): boolean {
    return this.view?.phase === 'finished'
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#isThrough()) return
    while (!signal.aborted) {
      try {
        this.#take(await this.#setup.call((client) => client.applyView()))
        await this.#setup.client.followApply((view) => {
          this.#take(view)
        }, signal)
      } catch (error) {
        if (faultOf(error)?.code === 'MOOR-SET-005') return
        this.#misses++
      }
      if (this.#isThrough()) return
      await pause(againMs, signal)
    }
  }

  #take(view: ApplyView): void {
    this.#misses = 0
    this.view = view
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
