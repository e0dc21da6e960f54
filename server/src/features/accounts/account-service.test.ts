import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World, type WorldSettings } from '../access/world-suite.ts'
import { system } from '../audit/audit-log.ts'
import type { UserPrincipal } from './principal.ts'

const password = 'correct-horse'

describeDatabases('accounts', (open) => {
  let database: Database
  let world: World
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    await world.user('ada')
  })

  const create = (username: string, email?: string) =>
    world.accounts.createUser({ username, password, ...(email && { email }) }, system)

  test('share one name space and one set of addresses', async () => {
    await world.organization('acme', 'ada')
    await create('bob', 'bob@example.com')
    await expect(create('bob')).rejects.toMatchObject({
      code: 'namespace-taken',
      detail: { message: 'The username already exists' },
    })
    await expect(create('acme')).rejects.toMatchObject({ code: 'namespace-taken' })
    await expect(create('dan', 'bob@example.com')).rejects.toMatchObject({
      code: 'email-invalid',
      detail: { message: 'Email has already been used: bob@example.com' },
    })
    await expect(world.organization('bob', 'ada')).rejects.toMatchObject({
      code: 'namespace-taken',
      detail: { message: 'A user or organization with this name already exists' },
    })
    expect(await world.accounts.countUsers()).toBe(2)
  })

  test.each([
    ['api', password, 'namespace-invalid'],
    ['UPPER', password, 'namespace-invalid'],
    ['fine', 'short', 'password-invalid'],
  ])('%s with the password %s leave nothing behind', async (username, given, code) => {
    const creating = world.accounts.createUser({ username, password: given }, system)
    await expect(creating).rejects.toMatchObject({ code })
    expect(await world.accounts.find(username)).toBeUndefined()
    expect(await world.log()).toEqual([])
  })

  test('are found as namespaces unless they are robots', async () => {
    await world.organization('acme', 'ada')
    await world.robot('acme+ci')
    expect(await world.accounts.findNamespace('ada')).toMatchObject({ username: 'ada' })
    expect(await world.accounts.findNamespace('acme')).toMatchObject({ username: 'acme' })
    expect(await world.accounts.findNamespace('acme+ci')).toBeUndefined()
    expect(await world.accounts.findPrincipal('acme')).toBeUndefined()
    expect(await world.accounts.findPrincipal('acme+ci')).toMatchObject({ kind: 'robot' })
  })

  test('write to the log who changed what', async () => {
    const bob = await create('bob', 'bob@example.com')
    const root = await world.user('root')
    const by = { principal: root, ip: '192.0.2.1' }
    await world.accounts.setPassword('bob', 'battery-staple', by)
    await world.accounts.setPassword('bob', 'battery-staple', {
      principal: await world.principal('bob'),
    })
    await world.accounts.setEnabled('bob', false, by)
    await world.accounts.setEnabled('bob', true, by)
    const rootId = 'id' in root ? root.id : 0
    expect(await world.log()).toEqual(
      (
        [
          ['user_create', null, null, { username: 'bob', email: 'bob@example.com' }],
          ['user_change_password', rootId, '192.0.2.1', { username: 'bob', superuser: 'root' }],
          ['account_change_password', bob.id, null, {}],
          ['user_disable', rootId, '192.0.2.1', { username: 'bob', superuser: 'root' }],
          ['user_enable', rootId, '192.0.2.1', { username: 'bob', superuser: 'root' }],
        ] as const
      ).map(([kind, performerId, ip, metadata]) => ({
        ...{ kind, performerId, ip, metadata },
        accountId: bob.id,
        repositoryId: null,
      })),
    )
  })

  test.each<[WorldSettings, Partial<UserPrincipal>]>([
    [{}, { isSuperUser: true, isGlobalReadonly: false, isRestricted: false }],
    [{ superUsers: [] }, { isSuperUser: false }],
    [{ features: { superUsers: false } }, { isSuperUser: false }],
    [
      { globalReadonlySuperUsers: ['root'] },
      { isSuperUser: false, isGlobalReadonly: true, isRestricted: false },
    ],
    [{ features: { restrictedUsers: true } }, { isSuperUser: true, isRestricted: false }],
    [
      { superUsers: [], features: { restrictedUsers: true } },
      { isSuperUser: false, isRestricted: true },
    ],
    [
      { superUsers: [], features: { restrictedUsers: true }, restrictedUsersWhitelist: ['root'] },
      { isRestricted: false },
    ],
  ])('under %j root is %j', async (settings, expected) => {
    await world.user('root')
    expect(await createWorld(database, settings).principal('root')).toMatchObject(expected)
  })
})
