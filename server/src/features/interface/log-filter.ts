import type { LogRow } from '../audit/log-store.ts'

export interface LogFilter {
  /** Empty: all. */
  readonly kinds: ReadonlySet<string>
  /** Whoever it is; undefined: anybody. */
  readonly performerId: number | undefined
  /** The beginning of an address; empty: any. */
  readonly ip: string
  /** In small letters; empty: any. */
  readonly text: string
}

/** Whether an entry is one that is asked for. */
export function matchesLog(
  { kinds, performerId, ip, text }: LogFilter,
  row: LogRow,
  kind: string,
): boolean {
  return (
    (kinds.size === 0 || kinds.has(kind)) &&
    (performerId === undefined || row.performer_id === performerId) &&
    (ip === '' || (row.ip ?? '').startsWith(ip)) &&
    (text === '' || tells(row, kind, text))
  )
}

/** Looks into what the entry says, not into what its parts are called. */
function tells(row: LogRow, kind: string, text: string): boolean {
  if (kind.replaceAll('_', ' ').includes(text) || kind.includes(text)) return true
  // Most entries are told from the others without reading them.
  if (!row.metadata_json.toLowerCase().includes(JSON.stringify(text).slice(1, -1))) return false
  return valuesOf(parse(row.metadata_json)).some((value) => value.toLowerCase().includes(text))
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function valuesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(valuesOf)
}
