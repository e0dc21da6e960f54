import { Problem } from '../problem.ts'

/** Inclusive byte positions. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads a `Range` header for a representation of `sizeBytes` (RFC 9110, 14.2). One range is served;
 * a header that asks for several, uses another unit or is malformed is ignored, as the RFC allows.
 * @returns the range, or undefined when the whole representation is to be sent.
 * @throws Problem `range-not-satisfiable` when no byte of the range exists.
 */
export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | undefined {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return undefined

  if (first === '') {
    const suffix = Number(last)
    if (suffix === 0 || sizeBytes === 0) throw new Problem('range-not-satisfiable', { sizeBytes })
    return { start: Math.max(0, sizeBytes - suffix), end: sizeBytes - 1 }
  }
  const start = Number(first)
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1)
  if (start >= sizeBytes || end < start) throw new Problem('range-not-satisfiable', { sizeBytes })
  return { start, end }
}

/**
 * Reads the `Content-Range` of an upload chunk: `<start>-<end>`, inclusive (OCI distribution spec,
 * "Pushing a blob in chunks"); the RFC 9110 form `bytes <start>-<end>/<size or *>` is understood too.
 * @throws Problem `range-invalid` when it is malformed.
 */
export function parseContentRange(header: string | undefined): ByteRange | undefined {
  if (header === undefined) return undefined
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,16}|\*))?$/.exec(header.trim())
  const start = Number(match?.[1])
  const end = Number(match?.[2])
  if (match === null || end < start)
    throw new Problem('range-invalid', { range: header.slice(0, 100) })
  return { start, end }
}
