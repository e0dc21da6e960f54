import type { Config } from '../config/config.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { createUpstreamClient, type UpstreamClient } from '../upstream/upstream.ts'

/** The one client of other registries in this process. */
export function wireUpstream({
  config,
  clock,
  random,
}: {
  config: Config
  clock: Clock
  random: Random
}): UpstreamClient {
  const { check } = createOutgoingService({ config: config.outgoing })
  return createUpstreamClient({ check, bandwidth: config.upstreamBandwidth, clock, random })
}
