import { randomBytes, randomInt, randomUUID } from 'node:crypto'

/** Everything that is drawn by chance: passed in, so that a test can count and repeat it. */
export interface Random {
  uuid(): string
  bytes(count: number): Buffer
  /** `length` characters, each drawn evenly from `alphabet`. */
  text(length: number, alphabet: string): string
}

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  bytes: (count) => randomBytes(count),
  text: (length, alphabet) =>
    Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join(''),
}
