/**
 * Which rows of a list are chosen. "All" is not a list of keys but the whole filter of the server,
 * with exceptions.
 */
export class Selection {
  #isAll = $state(false)
  /** The chosen; with all, the exceptions. */
  #keys = $state.raw<ReadonlySet<string>>(new Set())

  get isAll(): boolean {
    return this.#isAll
  }

  get keys(): readonly string[] {
    return [...this.#keys]
  }

  has(key: string): boolean {
    return this.#keys.has(key) !== this.#isAll
  }

  count(total: number): number {
    return this.#isAll ? Math.max(0, total - this.#keys.size) : this.#keys.size
  }

  toggle(key: string): void {
    this.setRange([key], !this.has(key))
  }

  setRange(keys: readonly string[], on: boolean): void {
    const next = new Set(this.#keys)
    for (const key of keys) {
      if (on === this.#isAll) next.delete(key)
      else next.add(key)
    }
    this.#keys = next
  }

  selectPage(keys: readonly string[]): void {
    this.setRange(keys, true)
  }

  selectAll(): void {
    this.#isAll = true
    this.#keys = new Set()
  }

  clear(): void {
    this.#isAll = false
    this.#keys = new Set()
  }

  toJSON(): { readonly all: boolean; readonly keys: readonly string[] } {
    return { all: this.#isAll, keys: this.keys }
  }
}
