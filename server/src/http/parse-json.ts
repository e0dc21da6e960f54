import { Problem } from '../problem.ts'

/** Deeper than anything the API takes, and far from where walking a value ends in an overflow. */
const deepest = 100

/**
 * The JSON of a request: UTF-8, of a sane depth, and without the character 0, which PostgreSQL
 * cannot store.
 * @throws Problem `body-unreadable`
 */
export function parseJson(bytes: Buffer): unknown {
  const value = decode(bytes)
  if (!isSound(value, 0)) throw new Problem('body-unreadable')
  return value
}

/** Whether a text of a request can be looked up and stored. */
export function isSoundText(text: string): boolean {
  return !text.includes('\0')
}

function decode(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Problem('body-unreadable')
  }
}

function isSound(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isSoundText(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth >= deepest) return false
  return Array.isArray(value)
    ? value.every((item) => isSound(item, depth + 1))
    : Object.entries(value).every(([key, item]) => isSoundText(key) && isSound(item, depth + 1))
}
