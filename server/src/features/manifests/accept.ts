import { bareMediaType } from './manifest-media-types.ts'

const anything: ReadonlySet<string> = new Set(['*/*', 'application/*', 'application/json'])

/**
 * Whether a client that sent these `Accept` values takes a manifest of this type. No header, a
 * wildcard and plain JSON take any; types with weight 0 are refused (RFC 9110, 12.5.1).
 */
export function accepts(header: string | undefined, mediaType: string): boolean {
  if (header === undefined || header.trim() === '') return true
  return header.split(',').some((entry) => {
    const type = bareMediaType(entry)
    return (type === mediaType || anything.has(type)) && !/;\s*q=0(?:\.0+)?\s*(?:;|$)/.test(entry)
  })
}
