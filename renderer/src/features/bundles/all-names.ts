interface NamePage {
  readonly items: readonly { readonly name: string }[]
  readonly next_page?: string | undefined
}
const most = 10_000

/** The names of a whole list, page after page: what is ticked has to be known whole. */
export async function allNames(page: (token: string) => Promise<NamePage>): Promise<string[]> {
  const names: string[] = []
  for (let token: string | undefined = ''; token !== undefined && names.length < most;) {
    const { items, next_page: next } = await page(token)
    names.push(...items.map(({ name }) => name))
    token = next
  }
  return names
}
