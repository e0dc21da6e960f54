import { createManifestPush } from '../features/manifests/manifest-push-service.ts'
import { createOutgoingService } from '../features/outgoing/outgoing-service.ts'
import { createBlobCompletion } from '../features/proxy-cache/blob-completion.ts'
import { createCachedManifests } from '../features/proxy-cache/cached-manifest-service.ts'
import { createCacheFill } from '../features/proxy-cache/cache-fill-service.ts'
import {
  createCachedReferrers,
  type CachedReferrers,
} from '../features/proxy-cache/cached-referrer-service.ts'
import { missedPullApi } from '../features/proxy-cache/missed-pull-api.ts'
import { createMissedPulls, type MissedPulls } from '../features/proxy-cache/missed-pull-service.ts'
import {
  createProxiedBlobs,
  type ProxiedBlobs,
} from '../features/proxy-cache/proxied-blob-service.ts'
import { proxyCacheApi } from '../features/proxy-cache/proxy-cache-api.ts'
import { createProxyCacheService } from '../features/proxy-cache/proxy-cache-service.ts'
import {
  createPullThrough,
  type PullThrough,
} from '../features/proxy-cache/pull-through-service.ts'
import { createRoom } from '../features/proxy-cache/room-service.ts'
import { createUpstreamBreaker } from '../features/proxy-cache/upstream-breaker.ts'
import type { UpstreamClient } from '../upstream/upstream.ts'
import type { AccountServices } from './accounts.ts'
import type { Parts } from '../wiring.ts'
import { createLease, underLease } from '../work/lease.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'
import type { ContentServices } from './content-services.ts'
import type { Copying } from './copying.ts'
import type { Live } from './live.ts'

/** What the registry asks when something is not here, or may have changed elsewhere. */
export interface Proxying {
  /** Absent without FEATURE_PROXY_CACHE. */
  readonly pullThrough?: PullThrough
  readonly cachedReferrers?: CachedReferrers
  readonly blobs?: ProxiedBlobs
  readonly missedPulls: MissedPulls
  readonly workers: readonly Worker[]
}

const completionEveryMs = 10_000
const missedPullsEveryMs = 60_000

export function wireProxyCache(
  parts: Parts,
  people: AccountServices,
  live: Live,
  copying: Copying,
  upstreams: UpstreamClient,
): Proxying {
  const { config, database, clock, random, log } = parts
  const { db } = database
  const stop = new AbortController()
  const isReadOnly = () => live.mode.isOn()
  const missedPulls = createMissedPulls({ db, clock, random, isReadOnly })
  const missedPullWriter = new Worker({
    name: 'missed-pulls',
    step: missedPulls.step,
    everyMs: missedPullsEveryMs,
    log,
    stopped: async () => {
      stop.abort(new Error('the server is stopping'))
      await missedPulls.flush()
    },
  })
  if (!config.features.proxyCache) return { missedPulls, workers: [missedPullWriter] }

  const blobs = wireBlobs({ parts, people, copying, upstreams, isReadOnly, stopping: stop.signal })
  const fetchesAhead = config.features.proxyCacheBlobDownload
  const completion = fetchesAhead ? [wireCompletion(parts, people, blobs)] : []
  const shared = {
    ...{ log, upstreams, isReadOnly, stopping: stop.signal },
    cachedManifests: createCachedManifests({ db, clock }),
    access: people.access,
    caches: people.proxyCaches,
    breaker: createUpstreamBreaker({ clock }),
    fill: wireFill(parts, people, fetchesAhead),
  }
  return {
    missedPulls,
    blobs,
    cachedReferrers: createCachedReferrers(shared),
    pullThrough: createPullThrough({
      ...shared,
      ...{ accounts: people.accounts, repositories: people.repositories },
      isDisconnected: () => live.connection.isDisconnected(),
      visibility: config.createPrivateRepoOnPush ? 'private' : 'public',
    }),
    workers: [missedPullWriter, ...completion],
  }
}

function wireBlobs({
  parts: { database, storage, log },
  people,
  copying,
  ...rest
}: {
  parts: Parts
  people: AccountServices
  copying: Copying
  upstreams: UpstreamClient
  isReadOnly: () => boolean
  stopping: AbortSignal
}): ProxiedBlobs {
  return createProxiedBlobs({
    ...{ database, storage, log, ...rest },
    caches: people.proxyCaches,
    fetches: copying.fetches,
    quota: people.quotaAccounting,
  })
}

function wireFill(parts: Parts, people: AccountServices, fetchesAhead: boolean) {
  const { config, database, storage, clock, random, log } = parts
  const limits = [
    config.proxyCacheLimitBytes,
    config.features.quotaManagement ? config.quota.defaultRejectBytes : undefined,
  ].filter((limit) => limit !== undefined)
  const room = createRoom({
    ...{ db: database.db, clock, log },
    limitBytes: limits.length === 0 ? undefined : Math.min(...limits),
  })
  return createCacheFill({
    clock,
    fetchesAhead,
    withRoom: (cache, imageBytes, work) => room.within(cache, imageBytes, work),
    push: createManifestPush({
      ...{ database, storage, clock, random },
      tagChanges: people.tagRules.tagChanges,
      tagPolicies: people.tagRules.tagPolicies,
      quota: people.quotaAccounting,
      acceptsOci: true,
      acceptsSparse: true,
      holdMs: config.pushTempTagExpirationMs,
    }),
  })
}

/** By one server at a time. */
function wireCompletion(
  { config, database: { db }, clock, random, log }: Parts,
  { repositories }: AccountServices,
  blobs: ProxiedBlobs,
): Worker {
  const completion = createBlobCompletion({ db, clock, repositories, blobs })
  const lease = createLease({
    ...{ db, clock, name: 'proxy-cache-blobs', holder: random.uuid() },
  })
  const complete = underLease(lease, completion.step)
  return new Worker({
    name: 'proxy-cache-blobs',
    // A lease is written down, so it is asked for only when there is something to do.
    step: async (stopping) =>
      config.registryState !== 'readonly' && (await completion.isDue())
        ? complete(stopping)
        : 'idle',
    everyMs: completionEveryMs,
    log,
    stopped: () => lease.release().catch(() => undefined),
    pausing: 'at-once',
  })
}

/** Which organizations are caches, and what clients asked for in vain. */
export function proxyCacheRoutes(
  { parts, people, pageTokens, upstreams }: Foundation,
  { missedPulls }: Proxying,
): Area & Pick<ContentServices, 'proxyCaches'> {
  const { config, database, clock } = parts
  const proxyCaches = createProxyCacheService({
    ...{ db: database.db, clock, upstreams },
    ...{ secretBox: people.secretBox, audit: people.audit, caches: people.proxyCaches },
    outgoing: createOutgoingService({ config: config.outgoing }),
  })
  return {
    routes: [...proxyCacheApi({ proxyCaches }), ...missedPullApi({ missedPulls, pageTokens })],
    proxyCaches,
  }
}
