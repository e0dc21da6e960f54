import type { Avatars } from '../features/accounts/avatar.ts'
import type { ApiRoute } from '../features/api/api-call.ts'
import type { PageTokens } from '../features/api/page-token-service.ts'
import type { Metrics } from '../features/metrics/metrics.ts'
import type { UpstreamClient } from '../upstream/upstream.ts'
import type { AccountServices } from './accounts.ts'
import type { Parts } from '../wiring.ts'
import type { Copying } from './copying.ts'
import type { Live } from './live.ts'
import type { Worker } from '../work/worker.ts'

/** What every area of the management API is built from. */
export interface Foundation {
  readonly parts: Parts
  readonly people: AccountServices
  readonly avatars: Avatars
  readonly pageTokens: PageTokens
  readonly metrics: Metrics
  readonly live: Live
  readonly copying: Copying
  /** The client of other registries. */
  readonly upstreams: UpstreamClient
}

/** One area: its routes, and the work that it does by itself. */
export interface Area {
  readonly routes: readonly ApiRoute[]
  readonly workers?: readonly Worker[]
}
