import type { Logger } from '../../platform/logger.ts'
import { isProblem, Problem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { Upstream, UpstreamClient, UpstreamManifest } from '../../upstream/upstream.ts'
import type { AccessService } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { Principal } from '../accounts/principal.ts'
import type { Reference } from '../manifests/manifest-reference.ts'
import type { RepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow, Visibility } from '../repositories/repository-store.ts'
import type { CacheFill } from './cache-fill-service.ts'
import type { Cached, CachedManifests } from './cached-manifest-service.ts'
import { upstreamAccess, type ProxyCache, type ProxyCaches } from './proxy-caches-service.ts'
import { createPatience } from './rate-limit-patience.ts'
import type { UpstreamBreaker } from './upstream-breaker.ts'
import { upstreamText } from './upstream-text.ts'
import { createTogether, unlessLate, waitedMs } from './waiting-for-upstream.ts'

export type PullThrough = ReturnType<typeof createPullThrough>

export interface Pull {
  readonly principal: Principal
  readonly ip: string | null
  readonly reference: Reference
}

/** How the upstream answered to whether a manifest is still the one that is here. */
type Standing =
  | { readonly kind: 'there'; readonly digest: string | undefined }
  | { readonly kind: 'refused' | 'silent'; readonly error: unknown }

/** An answer that comes later than that still counts, for those who ask next. */
const headWithinMs = 10_000
const getWithinMs = 30_000
const failingGetWithinMs = 5_000
/** With something in the cache, for what the upstream has instead, after it said so. */
const followedWithinMs = 600
/** Without, for an upstream that wants to be left alone. */
const limitedWithinMs = 5_000

/** Keeps what a cache holds in step with its upstream, pull by pull (engines, 9.3). */
export function createPullThrough({
  log,
  caches,
  access,
  accounts,
  repositories,
  upstreams,
  breaker,
  cachedManifests,
  fill,
  visibility,
  isReadOnly,
  isDisconnected,
  stopping,
}: {
  log: Logger
  caches: ProxyCaches
  access: Pick<AccessService, 'mayPullThrough'>
  accounts: Pick<AccountService, 'findNamespace'>
  repositories: Pick<RepositoryService, 'find' | 'findOrCreate'>
  upstreams: Pick<UpstreamClient, 'repository'>
  breaker: UpstreamBreaker
  cachedManifests: CachedManifests
  fill: CacheFill
  /** Of repositories that a pull makes. */
  visibility: Visibility
  isReadOnly: () => boolean
  /** Nobody may be asked. */
  isDisconnected: () => boolean
  /** The server is about to end. */
  stopping: AbortSignal
}) {
  /** What is being asked of an upstream: whoever wants the same waits for the same answer. */
  const once = createTogether()

  /** An upstream, and for how long it is waited for. */
  function asking(
    cache: ProxyCache,
    name: string,
    { withinMs, limitedMs }: { readonly withinMs: number; readonly limitedMs: number },
  ): { readonly upstream: Upstream; readonly signal: AbortSignal } {
    const patience = createPatience(limitedMs)
    return {
      upstream: upstreams.repository(upstreamAccess(cache, name), patience.observe),
      signal: AbortSignal.any([AbortSignal.timeout(withinMs), patience.signal, stopping]),
    }
  }

  /** A manifest as it is upstream now. @throws what the upstream failed with */
  async function get(cache: ProxyCache, name: string, reference: Reference) {
    const { host } = cache.upstream
    const withinMs = breaker.isFailing(host) ? failingGetWithinMs : getWithinMs
    const { upstream, signal } = asking(cache, name, { withinMs, limitedMs: limitedWithinMs })
    try {
      const manifest = await upstream.getManifest(textOf(reference), signal)
      breaker.answered(host)
      return manifest
    } catch (error) {
      noteFailure(host, error)
      throw error
    }
  }

  async function askStanding(
    cache: ProxyCache,
    name: string,
    reference: Reference,
  ): Promise<Standing> {
    const { host } = cache.upstream
    const patience = { withinMs: headWithinMs, limitedMs: waitedMs }
    try {
      const { upstream, signal } = asking(cache, name, patience)
      const head = await upstream.headManifest(textOf(reference), signal)
      breaker.answered(host)
      return head === undefined
        ? { kind: 'silent', error: 'there is no such manifest' }
        : { kind: 'there', digest: head.digest }
    } catch (error) {
      noteFailure(host, error)
      const isRefused = error instanceof UpstreamFault && error.code === 'auth_failed'
      return { kind: isRefused ? 'refused' : 'silent', error }
    }
  }

  function noteFailure(host: string, error: unknown): void {
    log.debug({ err: error, upstream: host }, 'upstream of a proxy cache failed')
    breaker.noteFailure(host, error)
  }

  async function keep(
    cache: ProxyCache,
    repository: RepositoryRow,
    reference: Reference,
    manifest: UpstreamManifest,
  ): Promise<void> {
    await fill.withRoom(cache, parse(manifest), () =>
      fill.store(cache, repository.id, reference, manifest),
    )
    if (reference.kind === 'tag') return
    // The index that names it is in use, too.
    const kept = await cachedManifests.find(repository.id, reference)
    if (kept !== undefined) await cachedManifests.renew(cache, repository.id, reference, kept)
  }

  /** What the upstream has may be nothing that can be kept here. */
  function parse(manifest: Pick<UpstreamManifest, 'bytes' | 'mediaType'>) {
    try {
      return fill.parse(manifest)
    } catch (error) {
      if (!isProblem(error)) throw error
      throw new Problem('manifest-unknown', {
        upstream: upstreamText(`its manifest cannot be stored: ${String(error.detail['message'])}`),
      })
    }
  }

  async function bringUpToDate(cache: ProxyCache, repository: RepositoryRow, reference: Reference) {
    const { host } = cache.upstream
    const cached = await cachedManifests.find(repository.id, reference)
    if (cached === undefined) {
      const manifest = await get(cache, repository.name, reference).catch(notFound)
      await keep(cache, repository, reference, manifest)
      return
    }
    if (isDisconnected()) {
      if (!cached.isFresh) await serveAgain(cache, repository, reference, cached)
      return
    }
    if (cached.isImmutable || (cached.isFresh && !breaker.mayAsk(host, waitedMs))) return
    const answer = askStanding(cache, repository.name, reference)
    const following = answer.then((standing) =>
      follow(cache, repository, reference, cached, standing),
    )
    if (!cached.isFresh || (await isInTime(answer, following))) return following
    breaker.failed(host)
    following.catch((error: unknown) => {
      log.info({ err: error, upstream: host }, 'late answer of an upstream not followed')
    })
  }

  async function isInTime(answer: Promise<unknown>, following: Promise<unknown>) {
    const settled = Promise.allSettled([following])
    if ((await unlessLate(answer, waitedMs)) === undefined) return false
    return (await unlessLate(settled, followedWithinMs)) !== undefined
  }

  /** Does what the answer of the upstream asks for. */
  async function follow(
    cache: ProxyCache,
    repository: RepositoryRow,
    reference: Reference,
    cached: Cached,
    standing: Standing,
  ): Promise<void> {
    if (standing.kind !== 'there') {
      if (standing.kind === 'refused' || !cached.isFresh) notFound(standing.error)
      return
    }
    if (standing.digest === cached.digest) {
      // A tag comes back to life; what is gone by its digest is kept anew below.
      const renew = () => cachedManifests.renew(cache, repository.id, reference, cached)
      const isBack = !cached.isFresh && reference.kind === 'tag'
      if (await (isBack ? withRoomAgain(cache, cached, renew) : renew())) return
    }
    let manifest: UpstreamManifest
    try {
      manifest = await get(cache, repository.name, reference)
    } catch (error) {
      // It was there a moment ago; what is here is better than nothing.
      if (cached.isFresh && !isGone(error)) return
      return notFound(error)
    }
    if (manifest.digest === cached.digest && cached.isFresh) {
      if (await cachedManifests.renew(cache, repository.id, reference, cached)) return
    }
    await keep(cache, repository, reference, manifest)
  }

  /** While nobody can say whether there is something newer, what is here counts. */
  async function serveAgain(
    cache: ProxyCache,
    repository: RepositoryRow,
    reference: Reference,
    cached: Cached,
  ): Promise<void> {
    const renew = () => cachedManifests.renew(cache, repository.id, reference, cached)
    await (reference.kind === 'tag' ? withRoomAgain(cache, cached, renew) : renew())
  }

  async function withRoomAgain<T>(
    cache: ProxyCache,
    cached: Cached,
    work: () => Promise<T>,
  ): Promise<T> {
    const bytes = await cachedManifests.read(cached)
    return bytes === undefined ? work() : fill.withRoom(cache, parse({ ...cached, bytes }), work)
  }

  return {
    /**
     * Makes the repository that a pull names, when the upstream has what is asked for and the caller
     * is a member of a cache. Undefined when it is none of ours.
     * @throws Problem `repository-unknown` with what the upstream says
     */
    async create(pull: Pull, name: RepositoryName): Promise<RepositoryRow | undefined> {
      const namespace = await accounts.findNamespace(name.namespace)
      if (namespace === undefined || isReadOnly()) return undefined
      const cache = await caches.find(namespace.id)
      if (cache === undefined) return undefined
      const { principal, ip, reference } = pull
      if (!(await access.mayPullThrough(principal, namespace.id))) return undefined
      return once(`${name.fullName} ${textOf(reference)}`, async () => {
        // Another pull may have been quicker.
        const present = await repositories.find(name.fullName)
        if (present !== undefined) {
          await bringUpToDate(cache, present, reference)
          return present
        }
        let manifest: UpstreamManifest
        try {
          manifest = await get(cache, name.name, reference)
        } catch (error) {
          throw new Problem('repository-unknown', {
            name: name.fullName,
            upstream: upstreamText(error),
          })
        }
        return fill.withRoom(cache, parse(manifest), async () => {
          const repository = await repositories.findOrCreate(
            { name, namespace, visibility, creatorRole: 'read' },
            { principal, ip },
          )
          await fill.store(cache, repository.id, reference, manifest)
          return repository
        })
      })
    },

    /**
     * Makes sure that what is here is what the upstream has, as far as that can be known soon. Does
     * nothing in ordinary repositories, and for who is no member: those get what is here.
     * @throws Problem `manifest-unknown` with what the upstream says; `quota-exceeded`
     */
    async refresh({ principal, reference }: Pull, repository: RepositoryRow): Promise<void> {
      const cache = await caches.find(repository.namespace_user_id)
      if (cache === undefined || repository.state !== 'NORMAL' || isReadOnly()) return
      if (!(await access.mayPullThrough(principal, cache.organizationId))) return
      // Whoever makes the repository has it before it holds anything: the same wait for both.
      await once(`${repository.full_name} ${textOf(reference)}`, async () => {
        await bringUpToDate(cache, repository, reference)
        return repository
      })
    },
  }
}

function isGone(error: unknown): boolean {
  return error instanceof UpstreamFault && ['not_found', 'auth_failed'].includes(error.code)
}

/** @throws Problem `manifest-unknown` with what the upstream says */
function notFound(error: unknown): never {
  throw new Problem('manifest-unknown', { upstream: upstreamText(error) })
}

const textOf = (reference: Reference): string =>
  reference.kind === 'tag' ? reference.tag : reference.digest
