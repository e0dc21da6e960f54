import type { Client } from '../api/client.ts'

/** What a person at the screen does with an account of its own, and what changes nothing. */
const open: ReadonlySet<string> = new Set([
  ...['POST /api/v1/signin', 'POST /api/v1/signin/verify', 'POST /api/v1/signout'],
  ...['POST /api/v1/mooring/kiosk/unlock', 'PUT /api/v1/mooring/preferences'],
])
const openForMs = 120_000

/** The question for the PIN on a screen at the box: before a change there, and before it is left. */
export class PinGate {
  readonly #isKiosk: boolean
  readonly #now: () => number
  #client: Client | undefined
  #resolve = $state.raw<(given: boolean) => void>()
  #openUntil = -Infinity

  constructor(isKiosk: boolean, now: () => number = () => performance.now()) {
    this.#isKiosk = isKiosk
    this.#now = now
  }

  get isAsking(): boolean {
    return this.#resolve !== undefined
  }

  /** The client asks through this, and this through the client. */
  use(client: Client): void {
    this.#client = client
  }

  /** Whether a call may be made. */
  mayCall = (operation: string): Promise<boolean> =>
    !this.#isKiosk || operation.startsWith('GET ') || open.has(operation)
      ? Promise.resolve(true)
      : this.ask()

  /** @returns false when whoever is asked does not know it. */
  async ask(): Promise<boolean> {
    if (this.#now() < this.#openUntil) return true
    const kiosk = await this.#client?.call('GET /api/v1/mooring/kiosk')
    if (kiosk?.pin_set !== true) return true
    this.cancel()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** @throws ApiError when it is the wrong one; the question stays */
  async give(pin: string): Promise<void> {
    await this.#client?.call('POST /api/v1/mooring/kiosk/unlock', { body: { pin } })
    this.#openUntil = this.#now() + openForMs
    this.#end(true)
  }

  cancel(): void {
    this.#end(false)
  }

  #end(given: boolean): void {
    this.#resolve?.(given)
    this.#resolve = undefined
  }
}
