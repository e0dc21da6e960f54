/** Of a WWW-Authenticate header: `Bearer realm="…",service="…"` or `Basic realm="…"`. */
export interface Challenge {
  readonly scheme: 'bearer' | 'basic'
  readonly parameters: ReadonlyMap<string, string>
}

const parameter = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/
const scheme = /([A-Za-z][\w-]*)/
const parts = new RegExp(`${parameter.source}|${scheme.source}`, 'g')

/** The one to answer of those that a server accepts: tokens before passwords. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (const [, name, quoted, plain, scheme] of (header ?? '').matchAll(parts)) {
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    } else if (name !== undefined) {
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? ''
      challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
    }
  }
  for (const scheme of ['bearer', 'basic'] as const) {
    const found = challenges.find((one) => one.scheme === scheme)
    if (found !== undefined) return { scheme, parameters: found.parameters }
  }
  return undefined
}
