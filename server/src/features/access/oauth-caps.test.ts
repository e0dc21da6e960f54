import { beforeAll, describe, expect, test } from 'vitest'

import { oauthScopes, withImplied, type OAuthScope } from '../../contract/oauth-scopes.ts'
import { sqliteOpener } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import { createWorld, type World } from './world-suite.ts'

const open = sqliteOpener()
let database: Database
let world: World
beforeAll(async () => {
  database = await open()
  world = createWorld(database)
  for (const name of ['ada', 'eve', 'root', 'auditor']) await world.user(name)
  await world.organization('acme', 'ada')
  await world.repository('acme/web')
  await world.repository('ada/tool')
  await world.repository('eve/open', 'public')
})

async function withScopes(name: string, scopes: readonly OAuthScope[], from = world) {
  const principal = (await from.principal(name)) as UserPrincipal
  const via = { kind: 'oauth' as const, tokenUuid: 't', clientId: 'c', applicationName: 'ci' }
  return { ...principal, via: { ...via, scopes: withImplied(scopes) } }
}

async function rights(name: string, scopes: readonly OAuthScope[]) {
  const principal = await withScopes(name, scopes)
  const { access, repositories } = world
  const acme = await world.namespace('acme')
  const ada = await world.namespace('ada')
  return {
    org: await access.teamRoleIn(principal, acme),
    repository: await access.roleOn(principal, await repositories.get('acme/web')),
    own: await access.roleOn(principal, await repositories.get('ada/tool')),
    open: await access.roleOn(principal, await repositories.get('eve/open')),
    createInOrg: await access.mayCreateIn(principal, acme),
    createOwn: await access.mayCreateIn(principal, ada),
  }
}

describe('a token of the admin of an organization', () => {
  const none = {
    org: 'none',
    repository: 'none',
    own: 'none',
    open: 'read',
    createInOrg: false,
    createOwn: false,
  }
  test.each<[OAuthScope[], Partial<typeof none>]>([
    [[], {}],
    [['user:read'], {}],
    [['user:admin'], {}],
    [['super:user'], {}],
    [['repo:read'], { repository: 'read', own: 'read' }],
    [['repo:write'], { repository: 'write', own: 'write' }],
    [['repo:admin'], { repository: 'admin', own: 'admin' }],
    [['repo:create'], { org: 'creator', createInOrg: true, createOwn: true }],
    [['org:admin'], { org: 'admin', createInOrg: true }],
    [
      [...oauthScopes],
      { org: 'admin', repository: 'admin', own: 'admin', createInOrg: true, createOwn: true },
    ],
  ])('with %j', async (scopes, allowed) => {
    expect(await rights('ada', scopes)).toEqual({ ...none, ...allowed })
  })
})

test('a token never lets more than its user may', async () => {
  expect(await rights('eve', oauthScopes)).toMatchObject({
    org: 'none',
    repository: 'none',
    own: 'none',
    createInOrg: false,
    createOwn: false,
  })
})

test("a superuser's token needs the scope for it", async () => {
  const full = createWorld(database, { features: { superusersFullAccess: true } })
  const isSuper = async (scopes: OAuthScope[]) =>
    full.access.isSuperUser(await withScopes('root', scopes, full))
  expect(await isSuper(['super:user'])).toBe(true)
  expect(await isSuper(['repo:admin', 'org:admin', 'user:admin'])).toBe(false)

  const role = async (scopes: OAuthScope[]) =>
    full.access.roleOn(
      await withScopes('root', scopes, full),
      await full.repositories.get('acme/web'),
    )
  expect(await role(['super:user', 'repo:write'])).toBe('write')
  expect(await role(['super:user'])).toBe('none')
  expect(await role(['repo:admin'])).toBe('none')
})

test('who may read everything may do so with any token', async () => {
  const principal = await withScopes('auditor', ['user:read'])
  const repository = await world.repositories.get('acme/web')
  expect(await world.access.roleOn(principal, repository)).toBe('read')
})
