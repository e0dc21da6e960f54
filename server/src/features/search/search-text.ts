const longest = 255

/** What somebody looks for, as text and nothing else. */
export function parseSearchText(query: string): string {
  return query
    .replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, longest)
    .toWellFormed()
    .toLowerCase()
}

/** The beginning of a name as people type it: accents, spaces and capitals are no part of names. */
export function parseNamePrefix(prefix: string): string {
  return prefix
    .normalize('NFKD')
    .replaceAll(/[^\x21-\x7e]/g, '')
    .slice(0, longest)
    .toLowerCase()
}

/** For `like … escape '\'`. */
export function containsPattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}

/** A phrase of an FTS5 query; within it only the quote means anything. */
export function ftsPhrase(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** Above everything that begins with a name: `~` comes after all that names are made of. */
export function endOfPrefix(prefix: string): string {
  return `${prefix}~`
}
