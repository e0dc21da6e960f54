import { beforeEach, expect, it } from 'vitest'

import type { OAuthScope } from '../../contract/oauth-scopes.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom } from '../../platform/random.ts'
import { accountStore } from '../accounts/account-store.ts'
import { oauthApplicationStore } from './oauth-application-store.ts'
import { createOAuthTokenService, type OAuthTokenService } from './oauth-token-service.ts'
import { oauthTokenStore } from './oauth-token-store.ts'

const config = {
  superUsers: ['ada'],
  globalReadonlySuperUsers: [],
  features: { superUsers: true, restrictedUsers: false },
  registryState: 'normal' as const,
}

describeDatabases('OAuth tokens', (open) => {
  let db: Db
  let now: number
  let tokens: OAuthTokenService
  let userId: number
  let organizationId: number
  let applicationId: number

  async function account(username: string, kind: 'user' | 'organization') {
    const row = await accountStore(db).insert({
      ...{ kind, username, uuid: systemRandom.uuid(), email: null, passwordHash: null },
      ...{ removedTagExpirationMs: 0, createdAt: 0 },
    })
    return row?.id ?? -1
  }

  const draw = (scopes: OAuthScope[], lifeMs?: number) =>
    tokens.createToken(db, {
      ...{ applicationId, userId, createdById: userId, scopes },
      ...(lifeMs !== undefined && { lifeMs }),
    })

  beforeEach(async () => {
    ;({ db } = await open())
    now = 1_800_000_000_000
    tokens = createOAuthTokenService({
      ...{ db, config },
      clock: { now: () => now },
      random: systemRandom,
    })
    userId = await account('ada', 'user')
    organizationId = await account('acme', 'organization')
    const application = await oauthApplicationStore(db).insert({
      client_id: 'CLIENT',
      client_secret_encrypted: '',
      organization_id: organizationId,
      name: 'ci',
      created_at: now,
      avatar_email: null,
    })
    applicationId = application.id
  })

  it('name their person, their application and what they imply', async () => {
    const { secret, uuid } = await draw(['repo:write'])
    const principal = await tokens.verify(secret)
    expect(principal).toMatchObject({
      ...{ kind: 'user', username: 'ada', isSuperUser: true },
      via: { kind: 'oauth', tokenUuid: uuid, clientId: 'CLIENT', applicationName: 'ci' },
    })
    expect(principal?.via?.kind === 'oauth' && [...principal.via.scopes]).toEqual([
      'repo:write',
      'repo:read',
    ])
    expect(await tokens.findPrincipal(uuid)).toEqual(principal)
  })

  it('are kept as digests only', async () => {
    const { secret } = await draw(['repo:read'])
    expect(secret).toMatch(/^[A-Za-z0-9]{40}$/)
    const rows = await db.selectFrom('oauthaccesstoken').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(secret)
  })

  it('are unknown, expired or of somebody disabled', async () => {
    const { secret, uuid } = await draw(['repo:read'], 60_000)
    expect(await tokens.check('x'.repeat(40))).toEqual({ kind: 'unknown' })
    expect(await tokens.check('')).toEqual({ kind: 'unknown' })
    await accountStore(db).setEnabled(userId, false)
    expect(await tokens.check(secret)).toEqual({ kind: 'disabled' })
    await accountStore(db).setEnabled(userId, true)
    await accountStore(db).setEnabled(organizationId, false)
    expect(await tokens.check(secret)).toEqual({ kind: 'disabled' })
    await accountStore(db).setEnabled(organizationId, true)
    expect((await tokens.check(secret)).kind).toBe('good')
    now += 60_000
    expect(await tokens.check(secret)).toEqual({ kind: 'expired' })
    expect(await tokens.findPrincipal(uuid)).toBeUndefined()
  })

  it('that are gone stop at once where that is told, and after five seconds elsewhere', async () => {
    const first = await draw(['repo:read'])
    await tokens.verify(first.secret)
    await oauthTokenStore(db).delete(first.id)
    expect(await tokens.verify(first.secret)).toBeDefined()
    now += 5_000
    expect(await tokens.verify(first.secret)).toBeUndefined()

    const second = await draw(['repo:read'])
    await tokens.verify(second.secret)
    await oauthTokenStore(db).delete(second.id)
    tokens.forget()
    expect(await tokens.verify(second.secret)).toBeUndefined()
  })

  it('live ten years at most', async () => {
    const { expires_at } = await draw(['repo:read'], Number.MAX_SAFE_INTEGER)
    expect(expires_at).toBe(now + 315_576_000_000)
  })

  it('tell when they were last used, to the minute', async () => {
    const { secret, id } = await draw(['repo:read'])
    const lastAccessed = async () => {
      await tokens.writeLastAccessed()
      const row = await db
        .selectFrom('oauthaccesstoken')
        .select('last_accessed')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return row.last_accessed
    }
    const start = now
    expect(await lastAccessed()).toBeNull()
    await tokens.verify(secret)
    expect(await lastAccessed()).toBe(start)
    now += 30_000
    await tokens.verify(secret)
    expect(await lastAccessed()).toBe(start)
    now += 30_000
    await tokens.verify(secret)
    expect(await lastAccessed()).toBe(start + 60_000)
  })

  it('are removed a month after they expired', async () => {
    await draw(['repo:read'], 1_000)
    const kept = await draw(['repo:read'])
    now += 30 * 24 * 3_600_000
    await tokens.removeExpired()
    expect(await db.selectFrom('oauthaccesstoken').selectAll().execute()).toHaveLength(2)
    now += 2_000
    await tokens.removeExpired()
    const left = await db.selectFrom('oauthaccesstoken').select('id').execute()
    expect(left).toEqual([{ id: kept.id }])
  })
})
