import type { Config } from '../config/config.ts'
import type { Database } from '../db/open.ts'
import { createPageTokens } from '../features/api/page-token-service.ts'
import { createAuthorizer } from '../features/api/authorize-service.ts'
import { createMirrorBulk } from '../features/mirrors/mirror-bulk-service.ts'
import { createMirrorContent } from '../features/mirrors/mirror-content-service.ts'
import { mirrorListStore } from '../features/mirrors/mirror-list-store.ts'
import { createMirrorEstimates } from '../features/mirrors/mirror-estimate-service.ts'
import { createMirrorPreviews } from '../features/mirrors/mirror-preview-service.ts'
import type { MirrorProgress } from '../features/mirrors/mirror-progress.ts'
import { createMirrorService, type MirrorControl } from '../features/mirrors/mirror-service.ts'
import { createMirrorSettings } from '../features/mirrors/mirror-settings-service.ts'
import { createMirrorTags } from '../features/mirrors/mirror-tags-service.ts'
import { createMirrorUpstreams } from '../features/mirrors/mirror-upstream-service.ts'
import { createMirrorViews } from '../features/mirrors/mirror-view-service.ts'
import { createUpstreamSettings } from '../features/mirrors/upstream-settings-service.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import type { SiteConnection } from '../features/upstreams/connection-service.ts'
import type { UpstreamFactsKeeper } from '../features/upstreams/upstream-facts-service.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { UpstreamClient } from '../upstream/upstream.ts'
import type { AccountServices } from './accounts.ts'

/** What the server and the command line share of mirrors. */
export function createMirrorParts({
  config,
  database,
  clock,
  random,
  people,
  client,
  control,
  progressOf = () => undefined,
  connection,
  facts,
}: {
  config: Config
  database: Database
  clock: Clock
  random: Random
  people: AccountServices
  client: UpstreamClient
  control: MirrorControl
  /** Of runs in this process. */
  progressOf?: (mirrorId: number) => MirrorProgress | undefined
  connection: Pick<SiteConnection, 'isDisconnected'>
  facts: UpstreamFactsKeeper
}) {
  const { db } = database
  const { audit, secretBox, tagRules } = people
  const allows =
    ({ check }: ReturnType<typeof createOutgoingService>) =>
    async (host: string) =>
      (await check(`https://${host}/`)).kind === 'allowed'
  const settings = createMirrorSettings({
    secretBox,
    isAllowed: allows(
      // Where a name leads is looked at when it is called.
      createOutgoingService({ config: config.outgoing, resolve: () => Promise.resolve([]) }),
    ),
    acceptsSparse: config.features.sparseIndex,
  })
  const upstreams = createMirrorUpstreams({
    ...{ client, settings },
    isAllowed: allows(createOutgoingService({ config: config.outgoing })),
  })
  const tags = createMirrorTags({
    ...{ database, clock, audit },
    tagChanges: tagRules.tagChanges,
    tagPolicies: tagRules.tagPolicies,
  })
  const pageTokens = createPageTokens({ config, clock, random })
  const mirrors = createMirrorService({ database, clock, random, audit, settings, control })
  const bulk = createMirrorBulk({ mirrors, authorizer: createAuthorizer(people) })
  const previews = createMirrorPreviews({ db, clock, settings, upstreams, tags })
  return {
    ...{ settings, upstreams, tags, mirrors, bulk, previews },
    estimates: createMirrorEstimates({ db, previews }),
    upstreamSettings: createUpstreamSettings({
      ...{ clock, settings, upstreams, facts, bulk, mirrors: mirrorListStore(db) },
    }),
    content: createMirrorContent({ db, clock, settings, upstreams, tags }),
    views: createMirrorViews({
      ...{ db, clock, pageTokens, progressOf, facts },
      isDisconnected: connection.isDisconnected,
      cachedHosts: () => people.proxyCaches.listHosts(),
    }),
  }
}
