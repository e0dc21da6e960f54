const part = /^[a-z0-9][.a-z0-9_-]{0,254}$/
const longest = 255

/** The rule of names within a namespace; the server has the last word. */
export function isRepositoryName(name: string, mayNest: boolean): boolean {
  if (name.length > longest) return false
  const parts = name.split('/')
  return (mayNest || parts.length === 1) && parts.every((one) => part.test(one))
}

/** `namespace/name` in two; the name keeps its own slashes. */
export function splitRepository(repository: string): { namespace: string; name: string } {
  const slash = repository.indexOf('/')
  return { namespace: repository.slice(0, slash), name: repository.slice(slash + 1) }
}
