import { Problem } from '../../problem.ts'

declare const brand: unique symbol
export type TagName = string & { readonly [brand]: 'TagName' }

const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/

/** OCI distribution spec, "Pulling manifests": the grammar of a tag. */
export function isTagName(text: string): text is TagName {
  return tagPattern.test(text)
}

/** @throws Problem `tag-invalid` */
export function parseTagName(text: string): TagName {
  if (!isTagName(text)) throw new Problem('tag-invalid', { tag: text.slice(0, 200) })
  return text
}
