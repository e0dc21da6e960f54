/**
 * A session that ended under an open page: the page stays, with what is typed in it, until somebody
 * signed in again or went to the sign-in page.
 */
export class SessionEnd {
  #resolve = $state.raw<(hasSession: boolean) => void>()

  get isAsking(): boolean {
    return this.#resolve !== undefined
  }

  ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      this.#resolve = resolve
    })

  end(hasSession: boolean): void {
    this.#resolve?.(hasSession)
    this.#resolve = undefined
  }
}
