import type { Logger } from '../../platform/logger.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { Upstream, UpstreamClient } from '../../upstream/upstream.ts'
import type { AccessService } from '../access/access-service.ts'
import type { Principal } from '../accounts/principal.ts'
import { eachAtOnce } from '../../work/at-once.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { CacheFill } from './cache-fill-service.ts'
import type { CachedManifests } from './cached-manifest-service.ts'
import { upstreamAccess, type ProxyCache, type ProxyCaches } from './proxy-caches-service.ts'
import { createPatience } from './rate-limit-patience.ts'
import type { UpstreamBreaker } from './upstream-breaker.ts'
import { upstreamText } from './upstream-text.ts'
import { createTogether, unlessLate, waitedMs } from './waiting-for-upstream.ts'

export type CachedReferrers = ReturnType<typeof createCachedReferrers>

const withinMs = 20_000
const limitedWithinMs = 5_000
const manifestsAtOnce = 4
/** An image with more of them shows the first ones. */
const mostReferrers = 500

/**
 * Keeps what others have attached to cached images (signatures, SBOMs) in step with the upstream:
 * asked for with every list, as manifests are with every pull.
 */
export function createCachedReferrers({
  log,
  caches,
  access,
  upstreams,
  breaker,
  cachedManifests,
  fill,
  isReadOnly,
  stopping,
}: {
  log: Logger
  caches: ProxyCaches
  access: Pick<AccessService, 'mayPullThrough'>
  upstreams: Pick<UpstreamClient, 'repository'>
  breaker: UpstreamBreaker
  cachedManifests: CachedManifests
  fill: CacheFill
  isReadOnly: () => boolean
  /** The server is about to end. */
  stopping: AbortSignal
}) {
  const once = createTogether()

  async function bring(
    cache: ProxyCache,
    repository: RepositoryRow,
    upstream: Upstream,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<void> {
    const reference = { kind: 'digest', digest } as const
    const cached = await cachedManifests.find(repository.id, reference)
    if (cached?.isFresh && (await cachedManifests.renew(cache, repository.id, reference, cached))) {
      return
    }
    const manifest = await upstream.getManifest(digest, signal)
    try {
      await fill.withRoom(cache, fill.parse(manifest), () =>
        fill.store(cache, repository.id, reference, manifest),
      )
    } catch (error) {
      if (!isProblem(error)) throw error
      log.info({ err: error, repositoryId: repository.id, digest }, 'referrer not cached')
    }
  }

  /** @throws Problem `manifest-unknown` when the upstream refuses to tell */
  async function follow(cache: ProxyCache, repository: RepositoryRow, subject: Digest) {
    const { host } = cache.upstream
    const patience = createPatience(limitedWithinMs)
    const signal = AbortSignal.any([AbortSignal.timeout(withinMs), patience.signal, stopping])
    try {
      const access = upstreamAccess(cache, repository.name)
      const upstream = upstreams.repository(access, patience.observe)
      const found = await upstream.listReferrers(subject, { signal })
      breaker.answered(host)
      const digests = new Set(found.map(({ digest }) => digest))
      await eachAtOnce([...digests].slice(0, mostReferrers), manifestsAtOnce, (digest) =>
        bring(cache, repository, upstream, digest, signal),
      )
    } catch (error) {
      log.debug({ err: error, upstream: host }, 'upstream of a proxy cache told no referrers')
      breaker.noteFailure(host, error)
      if (error instanceof UpstreamFault && error.code === 'auth_failed') {
        throw new Problem('manifest-unknown', { upstream: upstreamText(error) })
      }
    }
  }

  return {
    /**
     * Makes sure that what is attached to an image here is what is attached to it upstream, as far as
     * that can be known soon. Does nothing in ordinary repositories, and for who is no member.
     * @throws Problem `manifest-unknown` when the upstream refuses to tell
     */
    async refresh(principal: Principal, repository: RepositoryRow, subject: Digest): Promise<void> {
      const cache = await caches.find(repository.namespace_user_id)
      if (cache === undefined || repository.state !== 'NORMAL' || isReadOnly()) return
      if (!(await access.mayPullThrough(principal, cache.organizationId))) return
      const { host } = cache.upstream
      if (!breaker.mayAsk(host, waitedMs)) return
      const isHere = await cachedManifests.hasReferrers(repository.id, subject)
      const answer = once(`${String(repository.id)} ${subject}`, () =>
        follow(cache, repository, subject),
      )
      if (!isHere) return answer
      const inTime = await unlessLate(
        answer.then(() => true),
        waitedMs,
      )
      if (inTime) return
      breaker.failed(host)
      answer.catch((error: unknown) => {
        log.info({ err: error, upstream: host }, 'late answer of an upstream not followed')
      })
    },
  }
}
