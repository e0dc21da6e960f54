const secretWord = /SECRET|PASSW|PASSWD|TOKEN|CREDENTIAL|PRIVATE|_KEY$/i
const longest = 120

/** A wrong value as it may be shown: nothing under a secret's name, no password inside an address. */
export function describeFound(path: readonly PropertyKey[], value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'an object'
  if (path.some((part) => secretWord.test(String(part)))) return '[redacted]'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const scheme = /^([a-z][a-z0-9+.-]{0,30}):/i.exec(text)?.[1]
  if (path[0] === 'DB_URI') return scheme === undefined ? '[redacted]' : `"${scheme}:[redacted]"`
  const safe = text
    .replaceAll(/\/\/[^/]*@/g, '//[redacted]@')
    .replace(/^[^/@]*:[^/]*@/, '[redacted]@')
  const short = safe.length > longest ? `${safe.slice(0, longest)}…` : safe
  return typeof value === 'string' ? JSON.stringify(short) : short
}
