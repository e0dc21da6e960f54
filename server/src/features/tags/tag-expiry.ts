import type { Config } from '../../config/config.ts'
import type { Instant } from '../../platform/clock.ts'

type Bounds = Pick<Config['timeMachine'], 'labeledMinimumMs' | 'labeledMaximumMs'>

/**
 * When a tag ends that was asked to end at `wanted`: within the bounds, which count from its start. A
 * tag that is older than the upper bound would end in the past; it gets the shortest time instead.
 */
export function boundedEnd(
  { start, wanted, now }: { start: Instant; wanted: Instant; now: Instant },
  { labeledMinimumMs, labeledMaximumMs }: Bounds,
): Instant {
  const bounded = start + Math.min(Math.max(wanted - start, labeledMinimumMs), labeledMaximumMs)
  return bounded > now ? bounded : now + labeledMinimumMs
}
