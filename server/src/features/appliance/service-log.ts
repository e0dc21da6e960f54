import type { KeptLine, LogRing } from '../../platform/log-ring.ts'

export interface LogLine {
  readonly seq: number
  readonly time: string
  readonly level: string
  readonly component: string
  readonly message: string
  readonly request_id: string | null
  readonly fields: Record<string, unknown>
}

export interface LogFilter {
  readonly level?: string | undefined
  readonly component?: string | undefined
  readonly text?: string | undefined
}

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

/** The log of this process as people look at it. */
export function createServiceLog({ ring }: { ring: LogRing }) {
  return {
    /** The newest first. */
    page(filter: LogFilter, before: number | undefined, limit: number) {
      const lines: LogLine[] = []
      const components = new Set<string>()
      let isMore = false
      for (const kept of ring.newestFirst(before)) {
        const line = parseLine(kept)
        components.add(line.component)
        if (!matches(line, kept, filter)) continue
        if (lines.length === limit) isMore = true
        else lines.push(line)
      }
      return {
        lines,
        next: isMore ? (lines.at(-1)?.seq ?? null) : null,
        lastSeq: ring.lastSeq(),
        components: [...components].sort(),
      }
    },

    after: (filter: LogFilter, seen: number): LogLine[] =>
      [...ring.after(seen)].flatMap((kept) => lineOf(kept, filter)),

    /** Lines as they come. @returns what ends that. */
    follow: (filter: LogFilter, tell: (line: LogLine) => void): (() => void) =>
      ring.subscribe((kept) => {
        for (const line of lineOf(kept, filter)) tell(line)
      }),

    lastSeq: () => ring.lastSeq(),
  }
}

export type ServiceLog = ReturnType<typeof createServiceLog>

function lineOf(kept: KeptLine, filter: LogFilter): LogLine[] {
  const line = parseLine(kept)
  return matches(line, kept, filter) ? [line] : []
}

export function parseLine({ seq, text }: KeptLine): LogLine {
  let read: Record<string, unknown> = {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) read = { ...value }
  } catch {
    read = { msg: text }
  }
  const { time, level, msg, requestId, ...fields } = read
  return {
    seq,
    time: textOf(time),
    level: textOf(level),
    component: componentOf(read),
    message: withoutControls(textOf(msg)),
    request_id: typeof requestId === 'string' ? requestId : null,
    fields,
  }
}

function componentOf(line: Record<string, unknown>): string {
  if (typeof line['worker'] === 'string') return line['worker']
  if (typeof line['operationId'] === 'string') return 'api'
  if (line['msg'] === 'registry request') return 'registry'
  return 'server'
}

function matches(line: LogLine, { text }: KeptLine, filter: LogFilter): boolean {
  if (filter.component !== undefined && line.component !== filter.component) return false
  if (filter.level !== undefined && levels.indexOf(line.level) < levels.indexOf(filter.level)) {
    return false
  }
  return filter.text === undefined || text.toLowerCase().includes(filter.text.toLowerCase())
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Colours of terminals and the like. */
function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  return text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
}
