import type { BandwidthSchedule } from '../config/config.ts'
import type { Instant } from '../platform/clock.ts'
import { isWindowOpen } from '../platform/weekly-window.ts'

/** Bytes a second at a moment, by the clock on the wall; undefined: as many as there are. */
export function rateAt({ bytesPerSecond, windows }: BandwidthSchedule, now: Instant) {
  const open = windows.find((window) => isWindowOpen(window, now))
  return open === undefined ? bytesPerSecond : open.bytesPerSecond
}
