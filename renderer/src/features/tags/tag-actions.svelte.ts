import type { TagRow } from './tag-rows.ts'

export type TagAction = 'add' | 'labels' | 'expiration' | 'lock' | 'unlock' | 'remove' | 'destroy'

/** A tag that an action is about; all but the name is only known of rows that were on a page. */
export type ChosenTag = Pick<TagRow, 'name'> & Partial<TagRow>

/** Which dialog of the tag list is open, and what about. */
export class TagActions {
  isOpen = $state(false)
  #action = $state.raw<TagAction>()
  #tags = $state.raw<readonly ChosenTag[]>([])
  #isCut = $state.raw(false)
  readonly #known = new Map<string, TagRow>()

  get action(): TagAction | undefined {
    return this.#action
  }
  get tags(): readonly ChosenTag[] {
    return this.#tags
  }
  /** There are more than one call takes. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** A choice may reach over pages: what their rows said is kept for the dialogs. */
  remember(rows: readonly TagRow[]): void {
    for (const row of rows) this.#known.set(row.name, row)
  }

  ask(action: TagAction, names: readonly string[], isCut = false): void {
    this.askAbout(
      action,
      names.map((name) => this.#known.get(name) ?? { name }),
      isCut,
    )
  }

  askAbout(action: TagAction, tags: readonly ChosenTag[], isCut = false): void {
    this.#action = action
    this.#tags = tags
    this.#isCut = isCut
    this.isOpen = true
  }
}
