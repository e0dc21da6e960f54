/** Everything that differs between a test and a real machine, apart from the desktop itself. */
export interface Platform {
  now(): number
  /** Runs once, later; the returned function prevents it. */
  after(delayMs: number, run: () => void): () => void
}

export const systemPlatform: Platform = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => {
      clearTimeout(timer)
    }
  },
}

export const environment: NodeJS.ProcessEnv = process.env
