import { createContext } from 'svelte'
import { SvelteMap, SvelteSet } from 'svelte/reactivity'
import type { ConflictChoice, TagChange } from './bundle-words.ts'

/** For the fields that write to it. */
export const [useChoices, provideChoices] = createContext<ImportChoices>()

const bytesOfMegabyte = 1_000_000

/** How a bundle is to come in. */
export class ImportChoices {
  /** A rule to each line. */
  rules = $state('')
  allowsRollback = $state(false)
  onConflict = $state<ConflictChoice>('take')
  waits = $state(false)
  /** What is taken at all; empty fields take everything. */
  readonly policy = $state<{
    signedBy: string[]
    repositories: string[]
    mediaTypes: string[]
    megabytes: number | null
    imageMegabytes: number | null
  }>({ signedBy: [], repositories: [], mediaTypes: [], megabytes: null, imageMegabytes: null })
  /** References whose deletion is wanted. */
  readonly deletions = new SvelteSet<string>()
  /** One by one, by the name of the tag. */
  readonly #single = new SvelteMap<string, { row: TagChange; choice: ConflictChoice }>()
  /** The rules that the preview is about; they are typed first. */
  #usedRules = $state('')

  readonly map = $derived(
    this.#usedRules
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )

  readonly #policy = $derived.by(() => {
    const { signedBy, repositories, mediaTypes, megabytes, imageMegabytes } = this.policy
    return {
      ...(signedBy.length > 0 && { signed_by: [...signedBy] }),
      ...(repositories.length > 0 && { repositories: [...repositories] }),
      ...(mediaTypes.length > 0 && { media_types: [...mediaTypes] }),
      ...(megabytes !== null && { max_bytes: megabytes * bytesOfMegabyte }),
      ...(imageMegabytes !== null && { max_image_bytes: imageMegabytes * bytesOfMegabyte }),
    }
  })

  /** What the preview is asked with. */
  readonly asked = $derived({
    ...(this.map.length > 0 && { map: [...this.map] }),
    ...(this.allowsRollback && { allow_rollback: true }),
    ...(this.onConflict !== 'take' && { on_conflict: this.onConflict }),
    ...(this.#single.size > 0 && {
      choices: [...this.#single.values()].flatMap(({ row: { repository, tag }, choice }) =>
        tag === null ? [] : [{ repository, tag, choice }],
      ),
    }),
    ...(Object.keys(this.#policy).length > 0 && { policy: this.#policy }),
    ...(this.deletions.size > 0 && { deletions: [...this.deletions] }),
  })

  get hasNewRules(): boolean {
    return this.rules !== this.#usedRules
  }

  choiceFor = (row: TagChange): ConflictChoice => {
    const asked = this.#single.get(nameOf(row))?.choice
    if (asked !== undefined) return asked
    if (row.renamed_to !== null) return 'rename'
    return row.what === 'kept' ? 'keep' : 'take'
  }

  choose = (row: TagChange, choice: ConflictChoice): void => {
    this.#single.set(nameOf(row), { row, choice })
  }

  follow = (reference: string, isWanted: boolean): void => {
    if (isWanted) this.deletions.add(reference)
    else this.deletions.delete(reference)
  }

  useRules = (): void => {
    this.#usedRules = this.rules
  }
}

const nameOf = ({ repository, tag }: TagChange) => `${repository}:${tag ?? ''}`
