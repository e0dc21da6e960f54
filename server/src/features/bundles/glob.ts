/** Whether a text fits a pattern of `*`, for any text, and `?`, for one character; in bounded time. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let seen = 0
  let star = -1
  let resume = 0
  while (seen < text.length) {
    if (pattern[at] === '*') {
      star = at++
      resume = seen
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[seen])) {
      at++
      seen++
    } else if (star >= 0) {
      at = star + 1
      seen = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

export const isGlob = (text: string): boolean => /[*?]/.test(text)
