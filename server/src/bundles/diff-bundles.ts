import type { Digest } from '../storage/digest.ts'
import type { OpenBundle } from './bundle.ts'

export interface BundleDiff {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly {
    readonly reference: string
    readonly from: Digest
    readonly to: Digest
  }[]
  readonly same: number
  /** Content that one names and the other does not, shipped or assumed. */
  readonly content: {
    readonly added: { readonly blobs: number; readonly bytes: number }
    readonly removed: { readonly blobs: number; readonly bytes: number }
  }
}

type Lists = Pick<OpenBundle, 'entries' | 'blobs' | 'find'>

/** What is in `b` and not in `a`, and the other way round. */
export function diffBundles(a: Lists, b: Lists): BundleDiff {
  const before = new Map(a.entries.map(({ reference, digest }) => [reference, digest]))
  const after = new Map(b.entries.map(({ reference, digest }) => [reference, digest]))
  const both = [...after].flatMap(([reference, to]) => {
    const from = before.get(reference)
    return from === undefined ? [] : [{ reference, from, to }]
  })
  const changed = both.filter(({ from, to }) => from !== to)
  return {
    added: [...after.keys()].filter((reference) => !before.has(reference)),
    removed: [...before.keys()].filter((reference) => !after.has(reference)),
    changed,
    same: both.length - changed.length,
    content: { added: onlyIn(b, a), removed: onlyIn(a, b) },
  }
}

function onlyIn(one: Lists, other: Lists) {
  const blobs = one.blobs.filter(({ digest }) => other.find(digest) === undefined)
  return { blobs: blobs.length, bytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
}
