import type { Output } from '../../api/operations.ts'

export type LogLine = Output<'GET /api/v1/mooring/service/logs'>['lines'][number]

/** What a line says besides its message. */
export function fieldsText({ fields, request_id: id }: LogLine): string {
  const own = Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`)
  return [...own, ...(id === null ? [] : [`request=${id}`])].join(' ')
}

/** As it stands in a file. */
export function lineText(line: LogLine): string {
  const { time, level, component, message } = line
  const rest = fieldsText(line)
  return `${time} ${level.toUpperCase()} ${component}: ${message}${rest === '' ? '' : ` ${rest}`}`
}

const valueText = (value: unknown) =>
  typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)

/** A pattern that the reader types; half of one is no error of the program. */
export function parsePattern(text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'i')
  } catch {
    return undefined
  }
}

/** Which rows of equal height are in sight, with some more on either side. */
export function rowsInSight(
  {
    scrollTop,
    height,
    rowHeight,
    count,
  }: {
    readonly scrollTop: number
    readonly height: number
    readonly rowHeight: number
    readonly count: number
  },
  spare = 10,
): { readonly from: number; readonly to: number } {
  const first = Math.floor(scrollTop / rowHeight) - spare
  const last = Math.ceil((scrollTop + height) / rowHeight) + spare
  const to = Math.min(count, Math.max(0, last))
  return { from: Math.min(Math.max(0, first), to), to }
}
