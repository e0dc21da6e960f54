/** One answer for all who ask the same at the same time. */
export function createTogether() {
  const underWay = new Map<string, Promise<unknown>>()

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const running = underWay.get(key) as Promise<T> | undefined
    if (running !== undefined) return running
    const begun = work().finally(() => underWay.delete(key))
    underWay.set(key, begun)
    return begun
  }
}

/** With something in the cache, nobody waits longer for the upstream. */
export const waitedMs = 1_200

/** Undefined when it takes longer. */
export async function unlessLate<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => {
    late.resolve(undefined)
  }, ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
