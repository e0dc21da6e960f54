const delaysMs = [1000, 2000, 5000, 15_000, 60_000] as const
const windowMs = 10 * 60_000

export interface RestartPlan {
  /** How long to wait, and whether it is time to show somebody what goes wrong. */
  afterFailure(now: number): { readonly delayMs: number; readonly askForHelp: boolean }
  forget(): void
}

/** Waits longer with each failure of the last ten minutes. */
export function createRestartPlan(): RestartPlan {
  let failures: number[] = []
  return {
    afterFailure(now) {
      failures = [...failures.filter((at) => now - at < windowMs), now].slice(-delaysMs.length)
      const delayMs = delaysMs[failures.length - 1] ?? 60_000
      return { delayMs, askForHelp: failures.length === delaysMs.length }
    },
    forget() {
      failures = []
    },
  }
}
