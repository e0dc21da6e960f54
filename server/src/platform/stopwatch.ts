/** Milliseconds since the call that made it, whatever becomes of the clock meanwhile. */
export type Stopwatch = () => number

export function startStopwatch(): Stopwatch {
  const since = performance.now()
  return () => performance.now() - since
}
