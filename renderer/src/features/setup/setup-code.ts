const groups = 4
const groupLength = 4

/** As it is meant: letters that look like digits are digits, everything else between is nothing. */
function meant(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
    .replaceAll(/[^0-9A-Z]/g, '')
}

/** What was typed or pasted into the group `at`, spread over it and those behind it. */
export function spread(before: readonly string[], at: number, text: string): string[] {
  const letters = meant(text)
  const next = Array.from({ length: groups }, (_, index) => before[index] ?? '')
  if (letters.length <= groupLength) return next.with(at, letters)
  // A whole code fills all of them, wherever it was pasted.
  const from = letters.length >= groups * groupLength ? 0 : at
  for (let index = from; index < groups; index++) {
    const start = (index - from) * groupLength
    const part = letters.slice(start, start + groupLength)
    if (part !== '') next[index] = part
  }
  return next
}

export const isWhole = (parts: readonly string[]) =>
  parts.length === groups && parts.every((part) => part.length === groupLength)
