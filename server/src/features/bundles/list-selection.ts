import { parseSelection } from '../../bundles/selection/parse-selection.ts'
import { requireSound, type SelectedItem } from '../../bundles/selection/selection.ts'
import type { NamedImage, RepositoryWish } from './select-content.ts'

/** A list that somebody had already, as wishes for this registry and for others. */
export interface ListSelection {
  readonly here: readonly (
    | { readonly kind: 'image'; readonly image: NamedImage }
    | { readonly kind: 'repositories'; readonly wish: RepositoryWish }
  )[]
  /** Of other registries. */
  readonly elsewhere: readonly SelectedItem[]
}

/** @throws BundleFault `selection-invalid`, naming the line */
export function readListSelection(text: string, ownHost: string): ListSelection {
  const selection = requireSound(parseSelection(text))
  const here: ListSelection['here'][number][] = []
  const elsewhere: SelectedItem[] = []
  for (const item of selection.items) {
    const platforms = platformsOf(item, selection.platforms)
    const isHere = item.host === undefined || item.host === ownHost
    if (!isHere) elsewhere.push({ ...item, platforms })
    else here.push(wishOf(item, platforms))
  }
  return { here, elsewhere }
}

function platformsOf(
  { platforms }: SelectedItem,
  forAll: readonly string[],
): readonly string[] | undefined {
  const own = platforms ?? []
  if (own.length > 0) return own
  return forAll.length > 0 ? forAll : undefined
}

function wishOf(
  { written, repository, wanted }: SelectedItem,
  platforms: readonly string[] | undefined,
): ListSelection['here'][number] {
  if (wanted.kind === 'tags') {
    const { patterns, newest, semver } = wanted
    const tags = patterns.length === 0 ? undefined : patterns
    return { kind: 'repositories', wish: { name: repository, tags, newest, semver, platforms } }
  }
  const { tag } = wanted
  const digest = wanted.kind === 'digest' ? wanted.digest : undefined
  return { kind: 'image', image: { reference: written, repository, tag, digest, platforms } }
}
