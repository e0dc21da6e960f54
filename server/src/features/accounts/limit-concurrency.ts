/** Runs at most `atOnce` pieces of work; `waitingAtMost` more wait, and beyond that `refuse` decides. */
export function limitConcurrency(atOnce: number, waitingAtMost: number, refuse: () => never) {
  const waiting: (() => void)[] = []
  let running = 0

  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++
    else {
      if (waiting.length >= waitingAtMost) refuse()
      // Whoever finishes hands its place over, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
