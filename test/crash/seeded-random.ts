import { createHash } from 'node:crypto'

export type SeededRandom = ReturnType<typeof createSeededRandom>

/** Choices that are the same for the same seed. */
export function createSeededRandom(seed: string) {
  let drawn = 0
  const next = (): number => {
    const block = createHash('sha256').update(`${seed}/${drawn++}`).digest()
    return block.readUIntBE(0, 6) / 2 ** 48
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    /** From 0 up to, but not including, 1. */
    next,
    /** A whole number below `limit`. */
    below,
    between: (low: number, high: number) => low + below(high - low + 1),
    chance: (probability: number) => next() < probability,
    pick<T>(values: readonly T[]): T | undefined {
      return values[below(values.length)]
    },
    name: () => next().toString(36).slice(2, 10),
  }
}
