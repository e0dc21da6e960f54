import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { UpstreamClient } from '../../upstream/upstream.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { orgMirrorStore } from '../org-mirrors/org-mirror-store.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import { proxyCacheStore, type ProxyCacheRow } from './proxy-cache-store.ts'
import {
  sealCredentials,
  upstreamAccess,
  type ProxyCaches,
  type UpstreamCredentials,
} from './proxy-caches-service.ts'
import { parseUpstreamName, type UpstreamName } from './upstream-name.ts'

export type ProxyCacheService = ReturnType<typeof createProxyCacheService>

type Organization = Pick<AccountRow, 'id' | 'username'>

export interface NewProxyCache {
  /** `host[:port][/namespace]` */
  readonly upstreamRegistry: string
  readonly credentials: UpstreamCredentials | undefined
  readonly expirationSeconds: number
  readonly plainHttp: boolean
}

const validatedWithinMs = 30_000

const failedCreation = 'Error while creating Proxy cache configuration'
const failedValidation = 'Failed to validate Proxy cache configuration'

/** Which registry an organization is a cache of (engines, 9.1; api-shapes, 10). */
export function createProxyCacheService({
  db,
  clock,
  secretBox,
  audit,
  caches,
  outgoing,
  upstreams,
}: {
  db: Db
  clock: Clock
  secretBox: SecretBox
  audit: AuditLog
  caches: ProxyCaches
  outgoing: Pick<OutgoingService, 'check'>
  upstreams: Pick<UpstreamClient, 'repository'>
}) {
  async function requireNone(on: Db, organization: Organization): Promise<void> {
    if ((await proxyCacheStore(on).find(organization.id)) !== undefined) {
      refuse('Proxy Cache Configuration already exists')
    }
  }

  async function requireFree(on: Db, { id }: Organization): Promise<void> {
    const store = proxyCacheStore(on)
    if (await orgMirrorStore(on).isMirrored(id)) {
      refuse('Cannot create proxy cache: organization is managed by organization-level mirroring')
    }
    if ((await store.hasImmutabilityPolicy(id)) || (await store.hasImmutableTag(id, clock.now()))) {
      refuse('Cannot convert organization to proxy cache: immutable tags exist')
    }
  }

  /** An upstream that may be called. */
  async function requireUpstream(
    { upstreamRegistry, plainHttp }: NewProxyCache,
    otherwise: string,
  ): Promise<UpstreamName> {
    const upstream = parseUpstreamName(upstreamRegistry)
    if (upstream === undefined) refuse(otherwise)
    const checked = await outgoing.check(`${plainHttp ? 'http' : 'https'}://${upstream.host}/`)
    if (checked.kind === 'refused') refuse('The provided registry URL is not allowed')
    return upstream
  }

  return {
    find: (organizationId: number): Promise<ProxyCacheRow | undefined> =>
      proxyCacheStore(db).find(organizationId),

    /** @throws Problem `request-invalid` with the reason */
    async create(organization: Organization, wanted: NewProxyCache, by: Actor): Promise<void> {
      await requireNone(db, organization)
      await requireFree(db, organization)
      await requireUpstream(wanted, failedCreation)
      await db.transaction().execute(async (tx) => {
        await requireFree(tx, organization)
        const isNew = await proxyCacheStore(tx).insert({
          organization_id: organization.id,
          upstream_registry: wanted.upstreamRegistry,
          credentials_encrypted: sealCredentials(secretBox, wanted.credentials),
          expiration_s: wanted.expirationSeconds,
          insecure: wanted.plainHttp ? 1 : 0,
          created_at: clock.now(),
        })
        if (!isNew) refuse('Proxy Cache Configuration already exists')
        await audit.recordIn(tx, {
          kind: 'create_proxy_cache_config',
          account: organization,
          actor: by,
          metadata: { upstream_registry: wanted.upstreamRegistry },
        })
      })
      caches.forget(organization.id)
    },

    /** What is cached stays, as ordinary content. @throws Problem `not-found` */
    async delete(organization: Organization, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        if (!(await proxyCacheStore(tx).delete(organization.id))) throw new Problem('not-found')
        await audit.recordIn(tx, {
          kind: 'delete_proxy_cache_config',
          account: organization,
          actor: by,
          metadata: {},
        })
      })
      caches.forget(organization.id)
    },

    /**
     * Asks the upstream. `Anonymous`: it wants to know who we are, and there are no credentials.
     * @throws Problem `request-invalid` with the reason
     */
    async validate(
      organization: Organization,
      wanted: NewProxyCache,
    ): Promise<'Valid' | 'Anonymous'> {
      await requireNone(db, organization)
      const upstream = await requireUpstream(wanted, failedValidation)
      const { credentials, plainHttp } = wanted
      const tried = upstreamAccess(
        { organizationId: organization.id, upstream, credentials, plainHttp, lifeMs: null },
        '',
      )
      try {
        const signal = AbortSignal.timeout(validatedWithinMs)
        const standing = await upstreams.repository(tried).checkVersion(signal)
        return standing === 'anonymous' ? 'Anonymous' : 'Valid'
      } catch (error) {
        const isRefused = error instanceof UpstreamFault && error.code === 'auth_failed'
        refuse(
          isRefused
            ? 'Failed login to remote registry. Please verify entered details and try again.'
            : failedValidation,
        )
      }
    },
  }
}

function refuse(message: string): never {
  throw new Problem('request-invalid', { message })
}
