import { LRUCache } from 'lru-cache'
import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { UpstreamAccess } from '../../upstream/upstream.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import { proxyCacheStore, type ProxyCacheRow } from './proxy-cache-store.ts'
import { parseUpstreamName, upstreamRepository, type UpstreamName } from './upstream-name.ts'

export type ProxyCaches = ReturnType<typeof createProxyCaches>

export interface UpstreamCredentials {
  readonly username: string
  readonly password: string
}

/** An organization that is a cache of another registry. */
export interface ProxyCache {
  readonly organizationId: number
  readonly upstream: UpstreamName
  /** Unreadable when they were sealed under another DATABASE_SECRET_KEY. */
  readonly credentials: UpstreamCredentials | 'unreadable' | undefined
  readonly plainHttp: boolean
  /** How long what is cached stays after it was asked for; null: for ever. */
  readonly lifeMs: number | null
}

const Credentials = z.object({ username: z.string(), password: z.string() })

/** Other servers on the same database learn of a change as fast as this. */
const rememberMs = 5_000
const rememberedAtMost = 5_000
const listedAtMost = 1_000

/**
 * Which organizations are caches. Asked on every pull, so the answer is remembered for a moment, also
 * that an organization is none; without FEATURE_PROXY_CACHE nothing is asked at all.
 */
export function createProxyCaches({
  db,
  clock,
  secretBox,
  enabled,
}: {
  db: Db
  clock: Clock
  secretBox: SecretBox
  enabled: boolean
}) {
  const known = new LRUCache<number, { cache: ProxyCache | null; until: Instant }>({
    max: rememberedAtMost,
  })

  function read(row: ProxyCacheRow): ProxyCache | null {
    const upstream = parseUpstreamName(row.upstream_registry)
    if (upstream === undefined) return null
    return {
      organizationId: row.organization_id,
      upstream,
      credentials: openCredentials(secretBox, row.credentials_encrypted),
      plainHttp: row.insecure === 1,
      lifeMs: row.expiration_s === 0 ? null : row.expiration_s * 1_000,
    }
  }

  async function find(namespaceId: number): Promise<ProxyCache | undefined> {
    if (!enabled) return undefined
    const remembered = known.get(namespaceId)
    if (remembered !== undefined && clock.now() < remembered.until) {
      return remembered.cache ?? undefined
    }
    const row = await proxyCacheStore(db).find(namespaceId)
    const cache = row === undefined ? null : read(row)
    known.set(namespaceId, { cache, until: clock.now() + rememberMs })
    return cache ?? undefined
  }

  return {
    find,
    isProxied: async (namespaceId: number): Promise<boolean> =>
      (await find(namespaceId)) !== undefined,

    /** The registries that caches are of, one for each cache. */
    async listHosts(): Promise<readonly string[]> {
      if (!enabled) return []
      const names = await proxyCacheStore(db).listUpstreams(listedAtMost)
      return names.flatMap((name) => parseUpstreamName(name)?.host ?? [])
    },

    /** It was changed just now. */
    forget(namespaceId: number): void {
      known.delete(namespaceId)
    },
  }
}

/**
 * Where a repository of a cache is upstream, and how to get in.
 * @throws UpstreamFault `decryption_failed`
 */
export function upstreamAccess(cache: ProxyCache, name: string): UpstreamAccess {
  const { upstream, credentials, plainHttp } = cache
  if (credentials === 'unreadable') {
    const reason = 'what is stored of them cannot be read any more'
    const facts = { host: upstream.host, asked: 'the credentials of the cache', reason }
    throw new UpstreamFault('decryption_failed', facts)
  }
  return {
    host: upstream.host,
    repository: name === '' ? '' : upstreamRepository(upstream, name),
    plainHttp,
    ...(credentials && { credentials }),
  }
}

export function sealCredentials(
  box: SecretBox,
  credentials: UpstreamCredentials | undefined,
): string | null {
  return credentials === undefined ? null : box.seal(JSON.stringify(credentials))
}

function openCredentials(box: SecretBox, sealed: string | null): ProxyCache['credentials'] {
  if (sealed === null) return undefined
  try {
    return Credentials.parse(JSON.parse(box.open(sealed)))
  } catch {
    return 'unreadable'
  }
}
