import { createContext } from 'svelte'

/** For the fields that write to it. */
export const [useChoices, provideChoices] = createContext<ImportChoices>()

/** How a bundle is to come in. */
export class ImportChoices {
  /** A rule to each line. */
  rules = $state('')
  allowsRollback = $state(false)
  onConflict = $state<'keep' | 'take'>('take')
  waits = $state(false)
  /** The rules that the preview is about; they are typed first. */
  #usedRules = $state('')

  readonly map = $derived(
    this.#usedRules
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )

  /** What the preview is asked with. */
  readonly asked = $derived({
    ...(this.map.length > 0 && { map: [...this.map] }),
    ...(this.allowsRollback && { allow_rollback: true }),
  })

  get hasNewRules(): boolean {
    return this.rules !== this.#usedRules
  }

  useRules = (): void => {
    this.#usedRules = this.rules
  }
}
