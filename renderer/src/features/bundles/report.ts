import type { Changes } from './bundle-words.ts'

/** A text that a spreadsheet reads as text: never as a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** What an import did, a line to each tag (RFC 4180). */
export function reportCsv({ rows }: Pick<Changes, 'rows'>): string {
  const lines = [
    ['repository', 'tag', 'digest', 'change', 'reason', 'message'],
    ...rows.map(({ repository, tag, digest, what, reason, message }) => [
      ...[repository, tag ?? '', digest, what, reason ?? '', message ?? ''],
    ]),
  ]
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('')
}
