const againMs = 2_000

/**
 * Asks an address that is not this page's own until it answers. A browser that does not trust its
 * certificate yet never hears an answer: a person has to go there.
 * @returns how to stop
 */
export function whenAnswering(address: string, answered: () => void): () => void {
  const stop = new AbortController()
  const ask = async () => {
    try {
      await fetch(`${address}/healthz`, { mode: 'no-cors', cache: 'no-store', signal: stop.signal })
      if (!stop.signal.aborted) answered()
    } catch {
      if (!stop.signal.aborted) setTimeout(() => void ask(), againMs)
    }
  }
  void ask()
  return () => {
    stop.abort()
  }
}
