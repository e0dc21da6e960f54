import type { Stopwatch } from '../../platform/stopwatch.ts'

export type LastHour = ReturnType<typeof createLastHour>

const minutesKept = 60
const minuteMs = 60_000

/** The bytes of the last sixty minutes, one number a minute, the oldest first. */
export function createLastHour({ elapsed }: { elapsed: Stopwatch }) {
  const minutes = Array.from({ length: minutesKept }, () => 0)
  let newest = minuteOf(elapsed)

  function goOn(): void {
    const now = minuteOf(elapsed)
    const passed = Math.min(now - newest, minutesKept)
    minutes.splice(0, passed)
    for (let minute = 0; minute < passed; minute++) minutes.push(0)
    newest = now
  }

  return {
    received(bytes: number): void {
      goOn()
      minutes[minutesKept - 1] = (minutes[minutesKept - 1] ?? 0) + bytes
    },
    minutes(): readonly number[] {
      goOn()
      return [...minutes]
    },
  }
}

const minuteOf = (elapsed: Stopwatch) => Math.floor(elapsed() / minuteMs)
