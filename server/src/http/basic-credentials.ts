export type Authorization =
  | { readonly scheme: 'none' }
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }
  | { readonly scheme: 'unreadable' }

/** Reads an `Authorization` header (RFC 7617, RFC 6750). */
export function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined || header === '') return { scheme: 'none' }
  const match = /^(basic|bearer) +([A-Za-z0-9+/=._~-]+) *$/i.exec(header)
  const [, scheme = '', value = ''] = match ?? []
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token: value }
  if (scheme.toLowerCase() !== 'basic') return { scheme: 'unreadable' }
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  // PostgreSQL refuses to look for a text with the character 0; no name and no secret has it.
  if (colon < 0 || text.includes('\0')) return { scheme: 'unreadable' }
  return { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
}
