/** What one bulk call takes. */
export const bulkAtMost = 1_000

interface NamesPage {
  readonly names: readonly string[]
  readonly next?: string | undefined
}

/**
 * The names that a selection stands for. With all rows chosen the list is read to its end, or up to
 * what one call takes; `isCut` then says that there are more.
 */
export async function chosenNames(
  { all, keys }: { readonly all: boolean; readonly keys: readonly string[] },
  readPage: (token: string | undefined) => Promise<NamesPage>,
): Promise<{ readonly names: readonly string[]; readonly isCut: boolean }> {
  if (!all) return { names: keys.slice(0, bulkAtMost), isCut: keys.length > bulkAtMost }
  const except = new Set(keys)
  const names: string[] = []
  let token: string | undefined
  do {
    const page = await readPage(token)
    names.push(...page.names.filter((name) => !except.has(name)))
    token = page.next
  } while (token !== undefined && names.length < bulkAtMost)
  const isCut = token !== undefined || names.length > bulkAtMost
  return { names: names.slice(0, bulkAtMost), isCut }
}
