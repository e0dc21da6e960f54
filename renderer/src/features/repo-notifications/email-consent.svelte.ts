import type { ConsentCalls } from './consent-calls.ts'

const pollMs = 3_000

/** Nobody is mailed about a repository who did not agree: whether an address did, and asking it. */
export class EmailConsent {
  readonly #calls: ConsentCalls
  readonly #waitMs: number
  /** The address that has not agreed, and whether it was asked just now. */
  #missing = $state.raw<{ readonly email: string; readonly isAsked: boolean }>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(calls: ConsentCalls, waitMs: number = pollMs) {
    this.#calls = calls
    this.#waitMs = waitMs
  }

  get missing() {
    return this.#missing
  }

  /** @returns whether mail may go there; else `missing` says that it may not */
  async check(email: string): Promise<boolean> {
    const isGiven = await this.#calls.isGiven(email)
    const isAsked = this.#missing?.email === email && this.#missing.isAsked
    this.#missing = isGiven ? undefined : { email, isAsked }
    return isGiven
  }

  /** Sends the mail, and looks until its link was followed or `stop` is called. */
  async ask(email: string, onGiven: () => void): Promise<void> {
    if (await this.#calls.ask(email)) {
      this.stop()
      onGiven()
      return
    }
    this.#missing = { email, isAsked: true }
    this.#wait(email, onGiven)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#missing = undefined
  }

  #wait(email: string, onGiven: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(email, onGiven), this.#waitMs)
  }

  async #look(email: string, onGiven: () => void): Promise<void> {
    // A look that failed is followed by another one.
    const isGiven = await this.#calls.isGiven(email).catch(() => false)
    if (this.#missing?.email !== email) return
    if (!isGiven) {
      this.#wait(email, onGiven)
      return
    }
    this.stop()
    onGiven()
  }
}
