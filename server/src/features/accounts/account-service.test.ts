import { beforeEach, describe, expect, test } from 'vitest'

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

  describe('robots', () => {
    test('live and die with a namespace that names them', async () => {
      const ada = await world.namespace('ada')
      const robot = await world.robots.create(
        ada,
        { shortName: 'ci', description: 'builds', metadata: { team: 'core' } },
        system,
      )
      expect(await world.robots.get('ada+ci')).toEqual(robot)
      const [row] = await database.db.selectFrom('robot_account').selectAll().execute()
      expect(row?.token_encrypted).not.toContain(robot.token)
      await world.robots.create(ada, { shortName: 'zz' }, system)
      const names = async (after = '') =>
        (await world.robots.list(ada.id, after, 10)).map(({ username }) => username)
      expect(await names()).toEqual(['ada+ci', 'ada+zz'])
      expect(await names('ada+ci')).toEqual(['ada+zz'])
      await world.robots.delete('ada+ci', system)
      expect(await names()).toEqual(['ada+zz'])
      await expect(world.robots.get('ada+ci')).rejects.toMatchObject({
        code: 'robot-unknown',
        detail: { message: 'Could not find robot with specified username' },
      })
      expect((await world.log()).map(({ kind, metadata }) => [kind, metadata])).toEqual([
        [
          'create_robot',
          { robot: 'ci', description: 'builds', unstructured_metadata: { team: 'core' } },
        ],
        ['create_robot', { robot: 'zz', description: '', unstructured_metadata: {} }],
        ['delete_robot', { robot: 'ci' }],
      ])
    })

    test.each([
      ['ci', 'namespace-taken', 'Existing robot with name: ada+ci'],
      [
        'C I',
        'namespace-invalid',
        "The name for the robot 'C I' is invalid: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
      ],
      [
        'x',
        'namespace-invalid',
        "The name for the robot 'x' is invalid: Namespace must be between 2 and 255 characters in length",
      ],
    ])('named %s are refused', async (shortName, code, message) => {
      await world.robot('ada+ci')
      await expect(
        world.robots.create(await world.namespace('ada'), { shortName }, system),
      ).rejects.toMatchObject({ code, detail: { message } })
    })

    test('are not created when they are off', async () => {
      const off = createWorld(database, { robots: { disallow: true, whitelist: ['ada+ok'] } })
      const ada = await world.namespace('ada')
      await expect(off.robots.create(ada, { shortName: 'no' }, system)).rejects.toMatchObject({
        code: 'access-denied',
        detail: {
          message: 'Robot accounts have been disabled. Please contact your administrator.',
        },
      })
      expect(await off.robots.create(ada, { shortName: 'ok' }, system)).toMatchObject({
        username: 'ada+ok',
      })
    })
  })

  describe('organizations', () => {
    beforeEach(async () => {
      await world.organization('acme', 'ada')
      await world.user('bob')
    })
    const acme = () => world.namespace('acme')

    test('begin with their creator as the only owner, who stays', async () => {
      const removing = world.organizations.removeTeamMember(await acme(), 'owners', 'ada', system)
      await expect(removing).rejects.toMatchObject({
        detail: { message: 'User ada is the only admin of organization acme' },
      })
      await world.organizations.addTeamMember(await acme(), 'owners', 'bob', system)
      await world.organizations.removeTeamMember(await acme(), 'owners', 'ada', system)
      await expect(
        world.organizations.removeTeamMember(await acme(), 'owners', 'ada', system),
      ).rejects.toMatchObject({ detail: { message: 'User ada does not belong to team owners' } })
    })

    test('a robot in the owners does not count as an admin', async () => {
      await world.robot('acme+ci')
      await world.organizations.addTeamMember(await acme(), 'owners', 'acme+ci', system)
      await expect(
        world.organizations.removeTeamMember(await acme(), 'owners', 'ada', system),
      ).rejects.toMatchObject({ code: 'request-invalid' })
    })

    test('take members once, and no robots of others', async () => {
      await world.organizations.createTeam(await acme(), { name: 'dev', role: 'member' }, system)
      await world.organizations.addTeamMember(await acme(), 'dev', 'bob', system)
      await world.robot('bob+ci')
      for (const [member, message] of [
        ['bob', 'User bob is already a member of team dev'],
        ['bob+ci', 'Cannot add robot bob+ci under namespace acme'],
        ['acme', 'Unknown user'],
        ['nobody', 'Unknown user'],
      ] as const) {
        await expect(
          world.organizations.addTeamMember(await acme(), 'dev', member, system),
        ).rejects.toMatchObject({ detail: { message } })
      }
      await expect(
        world.organizations.addTeamMember(await acme(), 'none', 'bob', system),
      ).rejects.toMatchObject({ detail: { message: 'No team none in organization acme' } })
    })

    test('name their teams by the rule, and once', async () => {
      await expect(
        world.organizations.createTeam(await acme(), { name: 'X', role: 'member' }, system),
      ).rejects.toMatchObject({
        detail: {
          message: 'Invalid team name X: Team must be between 2 and 255 characters in length',
        },
      })
      await expect(
        world.organizations.createTeam(await acme(), { name: 'owners', role: 'member' }, system),
      ).rejects.toMatchObject({ code: 'namespace-taken' })
    })
  })
})
