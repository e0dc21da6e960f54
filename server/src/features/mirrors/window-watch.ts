import type { Clock } from '../../platform/clock.ts'
import { closesAt, isOpen, type Window } from '../../platform/calendar.ts'
import { RunEnded } from './mirror-claim-keeper.ts'

/** Ends a run when the window in which it may be run closes. @returns what ends the watch */
export function watchWindow({
  windows,
  clock,
  controller,
}: {
  windows: readonly Window[]
  clock: Clock
  controller: AbortController
}): () => void {
  const now = clock.now()
  const end = isOpen(windows, now) ? closesAt(windows, now) : now
  if (end === undefined) return () => undefined
  const timer = setTimeout(() => {
    controller.abort(new RunEnded('window'))
  }, end - now)
  return () => {
    clearTimeout(timer)
  }
}
