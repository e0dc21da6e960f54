import type { Bundle } from './bundle-words.ts'

export interface ChainLink {
  readonly bundle: Bundle
  /** The number of the bundle that it builds on, where that is of the same stream. */
  readonly basedOn: number | undefined
  /** Numbers before it that are not known here. */
  readonly gap: { readonly from: number; readonly to: number } | undefined
}

export interface Chain {
  readonly direction: Bundle['direction']
  readonly stream: string
  readonly links: readonly ChainLink[]
}

/** The bundles of each stream in the order of their numbers, with what is missing between them. */
export function chainsOf(bundles: readonly Bundle[]): readonly Chain[] {
  const streams = new Map<string, Bundle[]>()
  for (const bundle of bundles) {
    if (bundle.stream === null || bundle.sequence === null) continue
    const key = `${bundle.direction} ${bundle.stream}`
    streams.set(key, [...(streams.get(key) ?? []), bundle])
  }
  return [...streams.values()].map((members) => {
    const ordered = members.toSorted((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0))
    const numbers = new Map(ordered.map(({ id, sequence }) => [id, sequence]))
    const [first] = ordered
    return {
      direction: first?.direction ?? 'out',
      stream: first?.stream ?? '',
      links: ordered.map((bundle, at) => {
        const number = bundle.sequence ?? 0
        const before = ordered[at - 1]?.sequence ?? number - 1
        const { kind, id } = bundle.base
        return {
          bundle,
          basedOn: kind === 'bundle' ? (numbers.get(id ?? '') ?? undefined) : undefined,
          gap: number > before + 1 ? { from: before + 1, to: number - 1 } : undefined,
        }
      }),
    }
  })
}
