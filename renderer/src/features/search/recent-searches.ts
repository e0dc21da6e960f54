const place = 'recent-searches'
const most = 8

/** What was searched for on this computer; nobody else is told. */
export function recentSearches(storage: Pick<Storage, 'getItem'>): readonly string[] {
  try {
    const read: unknown = JSON.parse(storage.getItem(place) ?? '[]')
    if (!Array.isArray(read)) return []
    return read.filter((one): one is string => typeof one === 'string').slice(0, most)
  } catch {
    return []
  }
}

export function rememberSearch(
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  text: string,
): readonly string[] {
  const searches = [text, ...recentSearches(storage).filter((one) => one !== text)].slice(0, most)
  try {
    storage.setItem(place, JSON.stringify(searches))
  } catch {
    // A browser that keeps nothing searches all the same.
  }
  return searches
}
