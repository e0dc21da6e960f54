/** Whether the server answers, and whether news arrive by themselves. */
export class Connection {
  #isReached = $state(true)
  #isLive = $state(false)

  get state(): 'live' | 'polling' | 'offline' {
    if (!this.#isReached) return 'offline'
    return this.#isLive ? 'live' : 'polling'
  }

  reached(isReached: boolean): void {
    this.#isReached = isReached
  }
  live(isLive: boolean): void {
    this.#isLive = isLive
    if (isLive) this.#isReached = true
  }
}
