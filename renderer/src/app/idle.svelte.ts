const signs = ['pointerdown', 'pointermove', 'keydown', 'touchstart', 'wheel'] as const

export interface IdleLimits {
  readonly sleepMs: number
  readonly endMs: number
}

export const usualLimits: IdleLimits = { sleepMs: 120_000, endMs: 300_000 }

/** Whether anybody is at the screen: asleep after a while, and then the session ends. */
export class Idle {
  #isAsleep = $state(false)
  readonly #limits: IdleLimits

  constructor(limits: IdleLimits = usualLimits) {
    this.#limits = limits
  }

  get isAsleep(): boolean {
    return this.#isAsleep
  }

  /** @returns how to stop */
  start(onEnd: () => void, target: EventTarget = window): () => void {
    let timers: ReturnType<typeof setTimeout>[] = []
    const clear = () => {
      for (const timer of timers) clearTimeout(timer)
      timers = []
    }
    const wake = () => {
      clear()
      this.#isAsleep = false
      timers = [
        setTimeout(() => (this.#isAsleep = true), this.#limits.sleepMs),
        setTimeout(onEnd, this.#limits.endMs),
      ]
    }
    wake()
    for (const sign of signs) target.addEventListener(sign, wake, { passive: true })
    return () => {
      clear()
      for (const sign of signs) target.removeEventListener(sign, wake)
    }
  }
}
