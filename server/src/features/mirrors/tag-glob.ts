/**
 * A shell pattern as fnmatch reads it, case-sensitive: `*`, `?`, `[seq]`, `[!seq]`; every other
 * character, and a bracket that is never closed, stands for itself. In time that grows with the
 * product of the two lengths, whatever the pattern.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const parts = parse(pattern)
  return (text) => matches(parts, Array.from(text))
}

type Part =
  { readonly kind: 'any' } | { readonly kind: 'one'; readonly fits: (c: string) => boolean }

const any: Part = { kind: 'any' }

function parse(pattern: string): readonly Part[] {
  const parts: Part[] = []
  const characters = Array.from(pattern)
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '*') {
      if (parts.at(-1) !== any) parts.push(any)
      continue
    }
    if (character === '?') {
      parts.push({ kind: 'one', fits: () => true })
      continue
    }
    const end = character === '[' ? endOfSet(characters, at) : -1
    if (end < 0) {
      parts.push({ kind: 'one', fits: (c) => c === character })
      continue
    }
    parts.push({ kind: 'one', fits: setOf(characters.slice(at + 1, end)) })
    at = end
  }
  return parts
}

/** A bracket right after the beginning, or after its `!`, belongs to the set. */
function endOfSet(characters: readonly string[], open: number): number {
  const first = characters[open + 1] === '!' ? open + 2 : open + 1
  return characters.indexOf(']', first + 1)
}

function setOf(inside: readonly string[]): (c: string) => boolean {
  const isNegated = inside[0] === '!'
  const members = isNegated ? inside.slice(1) : inside
  const ranges: (readonly [string, string])[] = []
  for (let at = 0; at < members.length; at++) {
    const from = members[at] ?? ''
    const to = members[at + 2]
    if (members[at + 1] === '-' && to !== undefined) {
      ranges.push([from, to])
      at += 2
    } else {
      ranges.push([from, from])
    }
  }
  return (c) => ranges.some(([from, to]) => from <= c && c <= to) !== isNegated
}

/** Greedy, and back to the latest `*` only: an earlier one could do no better. */
function matches(parts: readonly Part[], text: readonly string[]): boolean {
  let part = 0
  let at = 0
  let star = -1
  let starAt = 0
  while (at < text.length) {
    const current = parts[part]
    if (current?.kind === 'one' && current.fits(text[at] ?? '')) {
      part++
      at++
    } else if (current?.kind === 'any') {
      star = part++
      starAt = at
    } else if (star >= 0) {
      part = star + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (parts[part]?.kind === 'any') part++
  return part === parts.length
}
