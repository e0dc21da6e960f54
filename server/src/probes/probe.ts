import type { TestLine } from '../contract/setup.ts'
import type { Clock } from '../platform/clock.ts'
import { probeCodes, type ProbeCode } from './probe-codes.ts'

/** What every live check is given beside what it looks at. */
export interface ProbeContext {
  readonly clock: Clock
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export type Facts = NonNullable<TestLine['facts']>
export type Outcome = Pick<TestLine, 'text' | 'finding' | 'facts'> & {
  readonly state: 'ok' | 'warning' | 'failed'
}

/** Lines as they are known; the last value says what the check came to. */
export type Probe = AsyncGenerator<TestLine, Outcome['state']>

export const fine = (text: string, facts?: Facts): Outcome => ({
  ...{ state: 'ok', text },
  ...(facts !== undefined && { facts }),
})
export const doubtful = (code: ProbeCode, facts: Facts = {}) => found('warning', code, facts)
export const wrong = (code: ProbeCode, facts: Facts = {}) => found('failed', code, facts)

function found(state: 'warning' | 'failed', code: ProbeCode, facts: Facts): Outcome {
  const fill = (template: string) =>
    template.replace(/\{(\w+)\}/g, (hole, name: string) => String(facts[name] ?? hole))
  const { text, next } = probeCodes[code]
  const finding = { code, text: fill(text), next: fill(next), facts }
  return { state, text: finding.text, finding }
}

/**
 * One line: that it is being tried, then what it came to. What nobody foresaw is a failed line too,
 * so that the checks behind it still run.
 */
export async function* probing(
  { clock, signal }: ProbeContext,
  id: string,
  trying: string,
  work: () => Promise<Outcome> | Outcome,
): Probe {
  const isStopped = () => signal.aborted
  if (isStopped()) return 'failed'
  yield { id, state: 'running', text: trying, milliseconds: 0 }
  const begun = clock.now()
  let outcome: Outcome
  try {
    outcome = await work()
  } catch (error) {
    outcome = wrong('MOOR-SYS-099', { reason: reasonOf(error) })
  }
  // Whoever stopped the check is not told what the stop made of it.
  if (isStopped()) return 'failed'
  yield { id, ...outcome, milliseconds: Math.max(0, Math.round(clock.now() - begun)) }
  return outcome.state
}

/** The first line of what went wrong, for a person. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (error instanceof Error && error.name === 'TimeoutError') return 'nobody answers in time'
  const { code, message } =
    error instanceof Error
      ? { code: 'code' in error ? error.code : undefined, message: error.message }
      : { code: undefined, message: String(error) }
  const known = typeof code === 'string' ? plainReasons.get(code) : undefined
  if (known !== undefined) return known
  const line = message.split('\n', 1)[0]?.slice(0, 300) ?? ''
  return line === '' && typeof code === 'string' ? code : line
}

const plainReasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection is refused'],
  ['ECONNRESET', 'the connection was cut'],
  ['EHOSTUNREACH', 'there is no route to that host'],
  ['ENETUNREACH', 'there is no route to that network'],
  ['ETIMEDOUT', 'nobody answers'],
  ['ABORT_ERR', 'nobody answers in time'],
  ['ENOTFOUND', 'the name is unknown'],
  ['EAI_AGAIN', 'no name server answers'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota of the disk is used up'],
  ['EACCES', 'no permission'],
  ['EPERM', 'not permitted'],
  ['EROFS', 'the file system is read-only'],
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'a part of the path is a file'],
])

export function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** The caller's patience and ours together. */
export function within(signal: AbortSignal, milliseconds: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(milliseconds)])
}

/** `3.5 GiB` */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  const value = bytes / 1024 ** power
  return `${value >= 100 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power] ?? ''}`
}

/** An IPv6 address in brackets, everything else as it is. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
