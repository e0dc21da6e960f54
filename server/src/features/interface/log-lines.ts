import type { Instant } from '../../platform/clock.ts'

export interface LogLine {
  readonly datetime: Instant
  readonly kind: string
  readonly namespace: string | null
  readonly repository: string | null
  readonly performer: string | null
  readonly ip: string | null
  readonly metadata: Readonly<Record<string, unknown>>
}

export type LogFormat = 'csv' | 'jsonl'

export const logFormats: Readonly<
  Record<LogFormat, { readonly type: string; readonly head: string; line(line: LogLine): string }>
> = {
  csv: {
    type: 'text/csv; charset=utf-8',
    head: 'datetime,kind,namespace,repository,performer,ip,metadata\r\n',
    line: ({ datetime, kind, namespace, repository, performer, ip, metadata }) =>
      `${[
        new Date(datetime).toISOString(),
        ...[kind, namespace, repository, performer, ip, JSON.stringify(metadata)].map(cell),
      ].join(',')}\r\n`,
  },
  jsonl: {
    type: 'application/x-ndjson',
    head: '',
    line: ({ datetime, ...line }) =>
      `${JSON.stringify({ datetime: new Date(datetime).toISOString(), ...line })}\n`,
  },
}

/** RFC 4180; what a spreadsheet would take for a formula is led by an apostrophe. */
function cell(text: string | null): string {
  const safe = /^[=+\-@\t\r]/.test(text ?? '') ? `'${text ?? ''}` : (text ?? '')
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
