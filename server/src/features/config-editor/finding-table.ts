import type { ConfigFinding } from './bundle.ts'
import { fieldGroups } from './field-groups.ts'

const titles = ['Field Group', 'Error', 'Status'] as const
// As strings they are as long as they are wide in a terminal: two.
const [fine, wrong] = ['🟢', '🔴']

/** The findings as Quay's config tool prints them: a line for each, and one for each valid group. */
export function findingTable(findings: readonly ConfigFinding[]): string {
  const lines = fieldGroups.flatMap(({ name, errorName }) => {
    const own = findings.filter(({ FieldGroup }) => FieldGroup === (errorName ?? name))
    return own.length === 0 ? [[name, '-', fine]] : own.map(({ Message }) => [name, Message, wrong])
  })
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? '').length)),
  )
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`
  const row = (cells: readonly string[]) => {
    const padded = cells.map(
      (cell, column) => ` ${cell}${' '.repeat((widths[column] ?? 0) - cell.length)} `,
    )
    return `|${padded.join('|')}|`
  }
  return [rule, row(titles), rule, ...lines.map(row), rule, ''].join('\n')
}
