import { BundleFault } from '../bundle-fault.ts'
import type { Digest } from '../../storage/digest.ts'

/** What people want in a bundle, from whatever kind of list they have. */
export interface Selection {
  readonly form: SelectionForm
  readonly items: readonly SelectedItem[]
  /** For every item that names none of its own: `linux/arm64/v8`. */
  readonly platforms: readonly string[]
  readonly problems: readonly SelectionProblem[]
}

export type SelectionForm =
  'image-list' | 'mooring' | 'oc-mirror' | 'hauler' | 'skopeo-sync' | 'kubernetes' | 'helm'

export interface SelectedItem {
  /** Of the list, counted from 1. */
  readonly line: number
  /** As it was written. */
  readonly written: string
  /** `host[:port]`; undefined where none was written. */
  readonly host: string | undefined
  /** Below the host; with `*` and `?` when it is a pattern. */
  readonly repository: string
  readonly wanted: Wanted
  readonly platforms?: readonly string[] | undefined
}

export type Wanted =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'digest'; readonly digest: Digest; readonly tag?: string | undefined }
  /** Tags that match one of the patterns, of them the newest. */
  | {
      readonly kind: 'tags'
      readonly patterns: readonly string[]
      readonly newest?: number | undefined
      readonly semver?: string | undefined
    }

export interface SelectionProblem {
  readonly line: number
  readonly message: string
  /** What is only passed over, such as the operators of an oc-mirror list. */
  readonly isIgnorable: boolean
}

/** @throws BundleFault `selection-invalid`, naming the first line that is wrong. */
export function requireSound(selection: Selection, file?: string): Selection {
  const wrong = selection.problems.find(({ isIgnorable }) => !isIgnorable)
  if (wrong !== undefined) {
    throw new BundleFault('selection-invalid', wrong.message, { file, line: wrong.line })
  }
  if (selection.items.length === 0) {
    throw new BundleFault('selection-invalid', 'It names no image.', { file })
  }
  return selection
}
