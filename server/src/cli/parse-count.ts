import { InvalidArgumentError } from 'commander'

/** The value of an option that counts something: one or more. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('must be 1 or more')
  return count
}
