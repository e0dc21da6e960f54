/** A timer of Node that is to wait longer than this, 24 days, goes off at once instead. */
export const longestTimerMs = 2 ** 31 - 1

/** Ends after that time, or after the longest that there is. */
export const timeoutAfter = (ms: number): AbortSignal =>
  AbortSignal.timeout(Math.min(ms, longestTimerMs))
