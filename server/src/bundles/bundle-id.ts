import { createHash } from 'node:crypto'
import type { Instant } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { normalizeCode } from '../platform/readable-code.ts'
import { parseDigest, type Digest } from '../storage/digest.ts'
import { compareText } from './canonical-json.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeLength = 10
const chanceLength = 16
const pattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

/** A ULID: 26 characters that sort by time and that a person can type. */
export function newBundleId(now: Instant, random: Pick<Random, 'text'>): string {
  let time = ''
  for (let left = now; time.length < timeLength; left = Math.floor(left / alphabet.length)) {
    time = alphabet.charAt(left % alphabet.length) + time
  }
  return time + random.text(chanceLength, alphabet)
}

export const isBundleId = (text: string): boolean => pattern.test(text)

/** As typed: any case, spaces and dashes, O for 0, I and L for 1; undefined when it is no id. */
export function readBundleId(text: string): string | undefined {
  if (text.length > 100) return undefined
  const id = normalizeCode(text)
  return isBundleId(id) ? id : undefined
}

export const sha256Of = (bytes: Buffer | string): Digest =>
  parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)

/** One digest for a set of digests, whatever the order they come in. */
export function digestSetOf(digests: Iterable<Digest>): Digest {
  const hash = createHash('sha256')
  for (const digest of [...new Set(digests)].sort(compareText)) hash.update(`${digest}\n`)
  return parseDigest(`sha256:${hash.digest('hex')}`)
}
