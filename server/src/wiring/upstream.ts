import type { Config } from '../config/config.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import type { SiteConnection } from '../features/upstreams/connection-service.ts'
import type { UpstreamFactsKeeper } from '../features/upstreams/upstream-facts-service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { createUpstreamClient, type UpstreamClient } from '../upstream/upstream.ts'

/** The one client of other registries in this process. It ends what is under way when the site is disconnected. */
export function wireUpstream({
  config,
  clock,
  random,
  connection,
  facts,
}: {
  config: Config
  clock: Clock
  random: Random
  /** Absent where there is no database yet. */
  connection?: Pick<SiteConnection, 'isDisconnected' | 'onChange'>
  facts?: Pick<UpstreamFactsKeeper, 'noteAllowance'>
}): UpstreamClient {
  const { check } = createOutgoingService({ config: config.outgoing })
  const { upstreamBandwidth: bandwidth, upstreamProxy: proxy } = config
  const client = createUpstreamClient({
    ...{ check, bandwidth, proxy, clock, random },
    ...(connection && { isDisconnected: connection.isDisconnected }),
    ...(facts && { noteAllowance: facts.noteAllowance }),
  })
  connection?.onChange(() => {
    if (connection.isDisconnected()) client.close()
  })
  return client
}
