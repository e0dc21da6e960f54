import type { Changes } from './bundle-words.ts'

/** A text that a spreadsheet reads as text: never as a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const columns = ['repository', 'tag', 'digest', 'change', 'reason', 'message'] as const

type ReportRow = Readonly<Record<(typeof columns)[number], string>>

/** A line to each tag, and to each whose deletion the source proposed. */
function reportRows({ rows, deletions }: Pick<Changes, 'rows' | 'deletions'>): ReportRow[] {
  return [
    ...rows.map(({ repository, tag, renamed_to, digest, what, reason, message }) => ({
      ...{ repository, tag: renamed_to ?? tag ?? '', digest, change: what },
      ...{ reason: reason ?? '', message: message ?? '' },
    })),
    ...deletions.map(({ reference, repository, tag, digest, what, reason }) => ({
      ...{ repository, tag, digest: digest ?? '', change: `deletion ${what}` },
      ...{ reason: reason ?? '', message: reference },
    })),
  ]
}

/** What an import did (RFC 4180). */
export function reportCsv(changes: Pick<Changes, 'rows' | 'deletions'>): string {
  const lines = [
    [...columns],
    ...reportRows(changes).map((row) => columns.map((column) => row[column])),
  ]
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('')
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}
const escaped = (text: string) => text.replace(/[&<>"]/g, (one) => escapes[one] ?? one)

/** The same as a page that stands by itself: to be printed, mailed, or kept with the medium. */
export function reportHtml(
  changes: Pick<Changes, 'rows' | 'deletions'>,
  {
    language,
    title,
    facts,
    headings,
  }: {
    readonly language: string
    readonly title: string
    readonly facts: readonly { readonly label: string; readonly text: string }[]
    readonly headings: Readonly<Record<(typeof columns)[number], string>>
  },
): string {
  const row = (name: 'th' | 'td', texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${name}>${escaped(text)}</${name}>`).join('')}</tr>`
  return [
    '<!doctype html>',
    `<html lang="${escaped(language)}">`,
    '<meta charset="utf-8">',
    `<title>${escaped(title)}</title>`,
    '<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}',
    'td,th{border:1px solid #888;padding:.25em .5em;text-align:left;overflow-wrap:anywhere}</style>',
    `<h1>${escaped(title)}</h1>`,
    `<dl>${facts.map(({ label, text }) => `<dt>${escaped(label)}</dt><dd>${escaped(text)}</dd>`).join('')}</dl>`,
    '<table>',
    `<thead>${row(
      'th',
      columns.map((column) => headings[column]),
    )}</thead>`,
    '<tbody>',
    ...reportRows(changes).map((one) =>
      row(
        'td',
        columns.map((column) => one[column]),
      ),
    ),
    '</tbody>',
    '</table>',
    '</html>',
    '',
  ].join('\n')
}
