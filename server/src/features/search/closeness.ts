const exact = 1
const beginning = 0.9
const beginningOfWord = 0.8
const within = 0.7
const elsewhere = 0.5

/** How well a name fits what was asked for, from 0.5 (not by its name at all) to 1. */
export function closeness(name: string, text: string): number {
  const [asked, found] = [text.toLowerCase(), name.toLowerCase()]
  if (found === asked) return exact
  if (found.startsWith(asked)) return beginning
  const words = ['/', '-', '_', '.', '+']
  if (words.some((separator) => found.includes(separator + asked))) return beginningOfWord
  return found.includes(asked) ? within : elsewhere
}
