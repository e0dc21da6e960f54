import { Problem } from '../../problem.ts'
import { isDigest, parseDigest, type Digest } from '../../storage/digest.ts'
import { isTagName, parseTagName, type TagName } from '../tags/tag-name.ts'

export type Reference =
  | { readonly kind: 'tag'; readonly tag: TagName }
  | { readonly kind: 'digest'; readonly digest: Digest }

/** Reads the reference of a push: refused with the reason when it is neither tag nor digest. */
export function parseReference(text: string): Reference {
  return text.includes(':')
    ? { kind: 'digest', digest: parseDigest(text) }
    : { kind: 'tag', tag: parseTagName(text) }
}

/** Reads the reference of a pull or a delete: what cannot exist is simply not there. */
export function parseKnownReference(text: string): Reference {
  if (isDigest(text)) return { kind: 'digest', digest: text }
  if (text.includes(':')) return { kind: 'digest', digest: parseDigest(text) }
  if (isTagName(text)) return { kind: 'tag', tag: text }
  throw new Problem('manifest-unknown', { reference: text.slice(0, 200) })
}
