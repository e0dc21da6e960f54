import { beforeEach, expect, it } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { appTokenStore } from './app-token-store.ts'
import { removeExpiredTokens } from './remove-expired-tokens.ts'

const day = 24 * 3_600_000

describeDatabases('app tokens', (open) => {
  let database: Database
  let world: World
  let ada: AccountRow
  beforeEach(async () => {
    database = await open()
    world = createWorld(database, { appTokens: { lifeMs: 10 * day } })
    await world.user('ada')
    await world.user('bob')
    ada = await world.namespace('ada')
  })

  const login = (password: string) =>
    world.credentials.authenticate({ username: '$app', password, address: '192.0.2.1' })
  const refused = (message: string) => ({ code: 'credentials-invalid', detail: { message } })

  it('stand for their owner, and say which one it was', async () => {
    const { token, code } = await world.appTokens.create(ada, 'laptop', system)
    expect(code).toMatch(/^[A-Z0-9]{120}$/)
    expect(await login(code)).toEqual({
      ...(await world.principal('ada')),
      via: { kind: 'app-token', uuid: token.uuid, title: 'laptop' },
    })
    expect(JSON.stringify(token)).not.toContain(code.slice(60))
  })

  it('are refused when a character is wrong, they are over, or the owner is disabled', async () => {
    const { token, code } = await world.appTokens.create(ada, 'laptop', system)
    const wrong = `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`
    for (const other of [wrong, code.slice(1), `${code}A`, '']) {
      await expect(login(other)).rejects.toMatchObject(refused('Invalid token'))
    }
    await world.accounts.setEnabled('ada', false, system)
    await expect(login(code)).rejects.toMatchObject(
      refused('This user has been disabled. Please contact your administrator.'),
    )
    await world.accounts.setEnabled('ada', true, system)
    world.advance(10 * day)
    await expect(login(code)).rejects.toMatchObject(refused('Invalid token'))
    await expect(world.appTokens.get(ada.id, token.uuid)).rejects.toThrow('not-found')
  })

  it('belong to one person, who alone reads and revokes them', async () => {
    const { token, code } = await world.appTokens.create(ada, 'laptop', system)
    const bob = await world.namespace('bob')
    await expect(world.appTokens.get(bob.id, token.uuid)).rejects.toThrow('not-found')
    await expect(world.appTokens.revoke(bob, token.uuid, system)).rejects.toThrow('not-found')
    expect((await world.appTokens.get(ada.id, token.uuid)).code).toBe(code)
    await world.appTokens.revoke(ada, token.uuid, system)
    await expect(login(code)).rejects.toMatchObject(refused('Invalid token'))
    const about = { app_specific_token_title: 'laptop', app_specific_token: token.uuid }
    expect(await world.log()).toMatchObject([
      { kind: 'create_app_specific_token', accountId: ada.id, metadata: about },
      { kind: 'revoke_app_specific_token', accountId: ada.id, metadata: about },
    ])
  })

  it('are listed as ending soon in the last tenth of their life', async () => {
    await world.appTokens.create(ada, 'old', system)
    world.advance(8 * day)
    await world.appTokens.create(ada, 'new', system)
    expect(await world.appTokens.listExpiring(ada.id)).toEqual([])
    world.advance(day)
    const expiring = await world.appTokens.listExpiring(ada.id)
    expect(expiring.map(({ title }) => title)).toEqual(['old'])
    world.advance(day)
    expect(await world.appTokens.listExpiring(ada.id)).toEqual([])
    expect((await world.appTokens.list(ada.id)).map(({ title }) => title)).toEqual(['old', 'new'])
  })

  it('are forgotten when they have been over for long enough', async () => {
    const { token } = await world.appTokens.create(ada, 'old', system)
    const end = token.expiration ?? 0
    const removeAt = (now: number) =>
      removeExpiredTokens({ db: database.db, clock: { now: () => now }, keepMs: day })()
    const left = async () => (await appTokenStore(database.db).list(ada.id, 10)).length
    expect(await removeAt(end + day)).toBe('idle')
    expect(await left()).toBe(1)
    await removeAt(end + day + 1)
    expect(await left()).toBe(0)
  })
})
