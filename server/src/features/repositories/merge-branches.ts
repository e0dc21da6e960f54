/** A list in ascending order of ids. `first` is a lower bound of what it holds after the position. */
export interface OrderedList {
  readonly first: number
  /** Its first `limit` ids after the position. */
  readonly list: (limit: number) => Promise<readonly number[]>
}

/**
 * The lowest `limit` ids of many ordered lists, each once. A list is read only while it can still
 * hold one of them.
 */
export async function mergeBranches(
  branches: readonly OrderedList[],
  limit: number,
): Promise<number[]> {
  let lowest: number[] = []
  for (const { first, list } of branches.toSorted((a, b) => a.first - b.first)) {
    const highest = lowest[limit - 1]
    if (highest !== undefined && first > highest) break
    const merged = new Set([...lowest, ...(await list(limit))])
    lowest = [...merged].sort((a, b) => a - b).slice(0, limit)
  }
  return lowest
}
