import type { Client } from '../../api/client.ts'
import type { Output } from '../../api/operations.ts'
import type { MirrorDetails } from './mirror-words.ts'

export const logLevels = ['debug', 'info', 'warning', 'error'] as const
export type LogLevel = (typeof logLevels)[number]
export type LogLine =
  Output<'GET /api/v1/mooring/repository/{repository}/mirror/log'>['lines'][number]

const pagesAtMost = 500
const linesInIssue = 50

export const lineText = ({ at, level, message }: LogLine): string =>
  `${at} ${level.toUpperCase().padEnd(7)} ${message}`

/** The oldest first, as a file is read. */
export async function wholeLog(
  client: Client,
  repository: string,
  asked: { readonly level: LogLevel; readonly search?: string },
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = []
  let next: string | undefined
  for (let page = 0; page < pagesAtMost; page++) {
    const found = await client.call('GET /api/v1/mooring/repository/{repository}/mirror/log', {
      params: { repository },
      query: { ...asked, ...(next !== undefined && { next_page: next }) },
    })
    lines.push(...found.lines)
    next = found.next_page
    if (next === undefined) break
  }
  return lines.reverse()
}

/** What somebody else needs in order to help, in Markdown and without a secret. */
export function issueText(mirror: MirrorDetails, lines: readonly LogLine[]): string {
  const { last_run: run, root_rule: rule } = mirror
  const facts = [
    `- Mirror: \`${mirror.repository}\` from \`${mirror.external_reference}\``,
    `- Tags: \`${rule.rule_value.join(', ')}\``,
    `- State: ${mirror.state}`,
    ...(run === null
      ? []
      : [
          `- Last run: ${run.result}, ${run.started}, ${String(run.bytes)} bytes`,
          ...(run.code === null ? [] : [`- Error: ${run.code}: ${run.message ?? ''}`]),
        ]),
  ]
  const shown = lines.slice(0, linesInIssue).map(lineText).reverse()
  return [...facts, '', '```', ...shown, '```', ''].join('\n')
}
