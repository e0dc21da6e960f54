/** A WWW-Authenticate header: `Bearer realm="…",service="…"` or `Basic realm="…"`. */
export interface Challenge {
  readonly scheme: 'bearer' | 'basic'
  readonly parameters: ReadonlyMap<string, string>
}

export function parseChallenge(header: string | undefined): Challenge | undefined {
  const [, scheme, rest = ''] = /^\s*(bearer|basic)\b(.*)$/is.exec(header ?? '') ?? []
  if (scheme === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, plain] of rest.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    parameters.set(name.toLowerCase(), quoted ?? plain ?? '')
  }
  return { scheme: scheme.toLowerCase() === 'bearer' ? 'bearer' : 'basic', parameters }
}
