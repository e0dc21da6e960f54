import type { Client } from '../api/client.ts'

/** The question for the password before a sensitive call; several calls ask it once. */
export class FreshLogin {
  #resolve = $state.raw<(given: boolean) => void>()
  #client: Client | undefined

  get isAsking(): boolean {
    return this.#resolve !== undefined
  }

  /** The client asks through this, and this through the client. */
  use(client: Client): void {
    this.#client = client
  }

  ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      this.#resolve = resolve
    })

  /** @throws ApiError when it is the wrong one; the question stays */
  async give(password: string): Promise<void> {
    await this.#client?.call('POST /api/v1/signin/verify', { body: { password } })
    this.#client?.forgetToken()
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
