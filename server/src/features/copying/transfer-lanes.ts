import type { Stopwatch } from '../../platform/stopwatch.ts'

export const lanesAtFirst = 3
export const lanesAtMost = 8

/** Long enough for a rate that means something, short enough to find the best one soon. */
const windowMs = 400
/** A transfer costs more than its bytes: what it weighs beside them when rates are compared. */
const transferWeight = 64 * 1024
/** What more lanes have to bring to be worth it. */
const worthwhile = 1.05
/** For how long a number of lanes that was too many is not tried again. */
const settledMs = 10_000
/** And for how long after trouble, which often passes. */
const calmMs = 2_000
/** Sources that nobody asks any more are forgotten. */
const sourcesAtMost = 200

interface Lane {
  limit: number
  busy: number
  readonly queue: (() => void)[]
  windowFrom: number
  weight: number
  /** Whether everything was in use all through the window; else its rate says nothing. */
  wasFull: boolean
  /** The rate before the last step, to compare with. */
  rateBefore: number
  settledUntil: number
  /** Several transfers meet the same trouble; it counts once. */
  calmUntil: number
}

export type TransferLanes = ReturnType<typeof createTransferLanes>

/**
 * How many transfers from one source go on at a time: more while that makes them quicker together,
 * fewer as soon as the source has trouble.
 */
export function createTransferLanes({ elapsed }: { elapsed: Stopwatch }) {
  const lanes = new Map<string, Lane>()

  function laneOf(source: string): Lane {
    const known = lanes.get(source)
    if (known !== undefined) return known
    for (const [name, { busy }] of lanes) {
      if (lanes.size < sourcesAtMost) break
      if (busy === 0) lanes.delete(name)
    }
    const lane: Lane = {
      ...{ limit: lanesAtFirst, busy: 0, queue: [], windowFrom: elapsed() },
      ...{ weight: 0, wasFull: false, rateBefore: 0 },
      ...{ settledUntil: -Infinity, calmUntil: -Infinity },
    }
    lanes.set(source, lane)
    return lane
  }

  function openWindow(lane: Lane): void {
    lane.windowFrom = elapsed()
    lane.weight = 0
    lane.wasFull = lane.queue.length > 0
  }

  /** One step up as long as the last one was worth it; one back and a rest when it was not. */
  function judge(lane: Lane): void {
    const now = elapsed()
    const forMs = now - lane.windowFrom
    if (forMs < windowMs) return
    const rate = lane.weight / forMs
    if (lane.wasFull && lane.queue.length > 0 && now >= lane.settledUntil) {
      if (rate > lane.rateBefore * worthwhile) {
        lane.limit = Math.min(lane.limit + 1, lanesAtMost)
        lane.rateBefore = rate
      } else {
        lane.limit = Math.max(lane.limit - 1, 1)
        lane.rateBefore = 0
        lane.settledUntil = now + settledMs
      }
    }
    openWindow(lane)
  }

  function admit(lane: Lane): void {
    while (lane.busy < lane.limit) {
      const next = lane.queue.shift()
      if (next === undefined) {
        lane.wasFull = false
        return
      }
      lane.busy += 1
      next()
    }
  }

  return {
    /** Waits for a place; the function that it gives returns it. */
    async enter(source: string, signal: AbortSignal): Promise<() => void> {
      signal.throwIfAborted()
      const lane = laneOf(source)
      const entered = Promise.withResolvers<undefined>()
      const enter = () => {
        entered.resolve(undefined)
      }
      const onAbort = () => {
        const at = lane.queue.indexOf(enter)
        if (at < 0) return
        lane.queue.splice(at, 1)
        entered.reject(signal.reason as Error)
      }
      lane.queue.push(enter)
      signal.addEventListener('abort', onAbort, { once: true })
      admit(lane)
      await entered.promise.finally(() => {
        signal.removeEventListener('abort', onAbort)
      })
      let isInside = true
      return () => {
        if (!isInside) return
        isInside = false
        lane.busy -= 1
        lane.weight += transferWeight
        judge(lane)
        admit(lane)
      }
    },

    received(source: string, bytes: number): void {
      const lane = laneOf(source)
      lane.weight += bytes
      judge(lane)
      admit(lane)
    },

    /** The source asks for patience, or fails. */
    slowDown(source: string): void {
      const lane = laneOf(source)
      // it has nothing to do with how many there are
      if (lane.busy === 0 || elapsed() < lane.calmUntil) return
      lane.limit = Math.max(Math.floor(lane.limit / 2), 1)
      lane.rateBefore = 0
      lane.calmUntil = elapsed() + calmMs
      lane.settledUntil = lane.calmUntil
      openWindow(lane)
    },

    limitOf: (source: string): number => laneOf(source).limit,
  }
}
