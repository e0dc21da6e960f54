import { createHash } from 'node:crypto'

import { LRUCache } from 'lru-cache'

import { parseScopes, withImplied, type OAuthScope } from '../../contract/oauth-scopes.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { accountStanding, type StandingRules } from '../accounts/account-standing.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import { oauthTokenStore, type AccessTokenRow, type GrantRow } from './oauth-token-store.ts'

export type OAuthTokenService = ReturnType<typeof createOAuthTokenService>

export type Verdict =
  | { readonly kind: 'good'; readonly principal: UserPrincipal }
  | { readonly kind: 'unknown' | 'expired' | 'disabled' }

export interface NewToken {
  readonly applicationId: number
  /** Who acts with it. */
  readonly userId: number
  readonly createdById: number | null
  readonly scopes: readonly OAuthScope[]
  /** Longer than ten years is ten years. */
  readonly lifeMs?: number
  readonly displayName?: string | null
}

export const longestLifeSeconds = 315_576_000
const tokenLength = 40
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** How long a token that was good is not looked up again. */
const rememberMs = 5_000
const lastAccessedEveryMs = 60_000
const touchedAtMost = 10_000
const keepExpiredMs = 30 * 24 * 3_600_000
const batchSize = 500

const loginRefusals = {
  unknown: 'OAuth access token could not be validated',
  expired: 'OAuth access token has expired',
  disabled: 'Granter of the oauth access token is disabled',
} as const

export const digestOf = (secret: string) => createHash('sha256').update(secret).digest('hex')

/** OAuth access tokens: drawn once, kept as digests, looked up on each use (permissions, 7). */
export function createOAuthTokenService({
  db,
  clock,
  random,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  config: StandingRules & { readonly registryState: 'normal' | 'readonly' }
}) {
  const standing = accountStanding(config)
  const good = new LRUCache<string, { principal: UserPrincipal; until: Instant }>({ max: 10_000 })
  const touched = new Map<number, Instant>()

  function judge(grant: GrantRow | undefined): Verdict {
    if (grant === undefined) return { kind: 'unknown' }
    const now = clock.now()
    if (grant.expires_at <= now) return { kind: 'expired' }
    if (grant.user_enabled !== 1 || grant.organization_enabled !== 1) return { kind: 'disabled' }
    if (now - (grant.last_accessed ?? 0) >= lastAccessedEveryMs) touch(grant.id, now)
    const { user_id: id, username } = grant
    const via = {
      kind: 'oauth' as const,
      tokenUuid: grant.uuid,
      clientId: grant.client_id,
      applicationName: grant.application_name,
      scopes: withImplied(parseScopes(grant.scope) ?? []),
    }
    return { kind: 'good', principal: { ...standing.userPrincipal({ id, username }), via } }
  }

  function touch(id: number, at: Instant): void {
    if (config.registryState === 'readonly' || touched.size >= touchedAtMost) return
    touched.set(id, at)
  }

  async function check(token: string): Promise<Verdict> {
    if (!isTokenLike(token)) return { kind: 'unknown' }
    const digest = digestOf(token)
    const known = good.get(digest)
    if (known !== undefined && clock.now() < known.until) {
      return { kind: 'good', principal: known.principal }
    }
    const grant = await oauthTokenStore(db).findGrant(digest)
    const verdict = judge(grant)
    if (verdict.kind === 'good') {
      const until = Math.min(clock.now() + rememberMs, grant?.expires_at ?? 0)
      good.set(digest, { principal: verdict.principal, until })
    } else {
      good.delete(digest)
    }
    return verdict
  }

  return {
    check,

    /** Who acts with a token, at most what its scopes let; undefined when it is no good. */
    async verify(token: string): Promise<UserPrincipal | undefined> {
      const verdict = await check(token)
      return verdict.kind === 'good' ? verdict.principal : undefined
    },

    /** The same as a password of `$oauthtoken`: whom it stands for, or what its client is told. */
    async login(token: string): Promise<UserPrincipal | string> {
      const verdict = await check(token)
      return verdict.kind === 'good' ? verdict.principal : loginRefusals[verdict.kind]
    },

    /** The same for a token that was shown before and is known by its id. */
    async findPrincipal(uuid: string): Promise<UserPrincipal | undefined> {
      const verdict = judge(await oauthTokenStore(db).findGrantByUuid(uuid))
      return verdict.kind === 'good' ? verdict.principal : undefined
    },

    /** The secret is in the answer and nowhere else. */
    async createToken(tx: Db, token: NewToken): Promise<AccessTokenRow & { secret: string }> {
      const secret = random.text(tokenLength, alphabet)
      const now = clock.now()
      const longestMs = longestLifeSeconds * 1_000
      const row = await oauthTokenStore(tx).insert({
        uuid: random.uuid(),
        application_id: token.applicationId,
        authorized_user_id: token.userId,
        created_by_id: token.createdById,
        scope: token.scopes.join(' '),
        token_digest: digestOf(secret),
        display_name: token.displayName ?? null,
        created_at: now,
        expires_at: now + Math.min(token.lifeMs ?? longestMs, longestMs),
        last_accessed: null,
      })
      return { ...row, secret }
    },

    /** To be called when tokens were taken back: from then on each is looked up again. */
    forget: () => {
      good.clear()
    },

    /** Writes when tokens were last used. */
    async writeLastAccessed(): Promise<'more' | 'idle'> {
      const batch = [...touched].slice(0, batchSize)
      if (batch.length === 0) return 'idle'
      await db.transaction().execute(async (tx) => {
        for (const [id, at] of batch) await oauthTokenStore(tx).touch(id, at)
      })
      for (const [id, at] of batch) if (touched.get(id) === at) touched.delete(id)
      return touched.size > 0 ? 'more' : 'idle'
    },

    /** Removes those that nobody asks about any more. */
    async removeExpired(): Promise<'more' | 'idle'> {
      if (config.registryState === 'readonly') return 'idle'
      const removed = await oauthTokenStore(db).deleteExpired(
        clock.now() - keepExpiredMs,
        batchSize,
      )
      return removed === batchSize ? 'more' : 'idle'
    },
  }
}

function isTokenLike(text: string): boolean {
  return text.length === tokenLength && /^[A-Za-z0-9]+$/.test(text)
}
