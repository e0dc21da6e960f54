import { beforeEach, describe, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { anonymous, type Principal } from '../accounts/principal.ts'
import { system } from '../audit/audit-log.ts'
import type { RepositoryAction } from './access-service.ts'
import { createWorld, repositoryName, type World, type WorldSettings } from './world-suite.ts'

describeDatabases('access', (open) => {
  let database: Database
  let world: World
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    for (const name of ['ada', 'bob', 'eve', 'root', 'auditor']) await world.user(name)
    const acme = await world.organization('acme', 'ada')
    for (const [name, role] of [
      ['dev', 'member'],
      ['makers', 'creator'],
    ] as const) {
      await world.organizations.createTeam(acme, { name, role }, system)
    }
  })

  /** The same database under another configuration. */
  const under = (settings: WorldSettings) => createWorld(database, settings)
  const acme = () => world.namespace('acme')

  async function who(name: string, from = world): Promise<Principal> {
    return name === '(anonymous)' ? anonymous : from.principal(name)
  }

  const decide = async (
    name: string,
    repository: string,
    actions: RepositoryAction[],
    from = world,
  ) => from.access.decide(await who(name, from), repositoryName(repository), actions)

  const all: RepositoryAction[] = ['*', 'pull', 'push']

  describe('the role on a repository', () => {
    test('is the highest of direct grant, team grant, organization and ownership', async () => {
      const repository = await world.repository('acme/web')
      const own = await world.repository('bob/tool')
      const role = async (name: string) => world.access.roleOn(await who(name), repository)

      expect(await role('bob')).toBe('none')
      expect(await role('ada')).toBe('admin')
      expect(await world.access.roleOn(await who('bob'), own)).toBe('admin')
      expect(await world.access.roleOn(await who('ada'), own)).toBe('none')

      await world.repositories.grantUser(repository, 'bob', 'read', system)
      expect(await role('bob')).toBe('read')
      await world.organizations.addTeamMember(await acme(), 'dev', 'bob', system)
      await world.repositories.grantTeam(repository, 'dev', 'write', system)
      expect(await role('bob')).toBe('write')
      await world.repositories.revokeTeam(repository, 'dev', system)
      expect(await role('bob')).toBe('read')
      await world.organizations.addTeamMember(await acme(), 'owners', 'bob', system)
      expect(await role('bob')).toBe('admin')
      expect(await role('eve')).toBe('none')
    })

    test('on one repository says nothing about another', async () => {
      const web = await world.repository('acme/web')
      const api = await world.repository('acme/api')
      await world.organizations.addTeamMember(await acme(), 'dev', 'bob', system)
      await world.repositories.grantTeam(web, 'dev', 'write', system)
      await world.repositories.grantUser(web, 'eve', 'admin', system)
      expect(await world.access.roleOn(await who('bob'), api)).toBe('none')
      expect(await world.access.roleOn(await who('eve'), api)).toBe('none')
      expect(await world.access.roleOn(await who('bob'), web)).toBe('write')
    })

    test('of an organization admin ends with that organization', async () => {
      await world.organization('other', 'eve')
      const repository = await world.repository('other/web')
      expect(await world.access.roleOn(await who('ada'), repository)).toBe('none')
    })

    test('of everyone is read when it is public', async () => {
      const repository = await world.repository('acme/web', 'public')
      expect(await world.access.roleOn(anonymous, repository)).toBe('read')
      expect(await world.access.roleOn(await who('eve'), repository)).toBe('read')
      const closed = under({ features: { anonymousAccess: false } })
      expect(await closed.access.roleOn(anonymous, repository)).toBe('none')
      expect(await closed.access.roleOn(await who('eve'), repository)).toBe('read')
    })

    test('of superusers is nothing without full access, of global readers always read', async () => {
      const repository = await world.repository('acme/web')
      expect(await world.access.roleOn(await who('root'), repository)).toBe('none')
      expect(await world.access.roleOn(await who('auditor'), repository)).toBe('read')
      const full = under({ features: { superusersFullAccess: true } })
      expect(await full.access.roleOn(await who('root', full), repository)).toBe('admin')
      const both = under({
        features: { superusersFullAccess: true },
        superUsers: ['root'],
        globalReadonlySuperUsers: ['root'],
      })
      expect(await both.access.roleOn(await who('root', both), repository)).toBe('read')
      await world.repositories.grantUser(repository, 'auditor', 'write', system)
      expect(await world.access.roleOn(await who('auditor'), repository)).toBe('write')
    })

    test('of a robot is what it was granted, within its namespace only', async () => {
      const repository = await world.repository('acme/web')
      const robot = await world.robot('acme+ci')
      await world.robot('bob+ci')
      expect(await world.access.roleOn(robot, repository)).toBe('none')
      await world.repositories.grantUser(repository, 'acme+ci', 'write', system)
      expect(await world.access.roleOn(robot, repository)).toBe('write')
      await expect(
        world.repositories.grantUser(repository, 'bob+ci', 'read', system),
      ).rejects.toMatchObject({
        detail: { message: 'Cannot add robot bob+ci under namespace acme' },
      })
    })
  })

  describe('a decision about a repository that exists', () => {
    test.each([
      ['ada', ['push', 'pull', '*']],
      ['bob', ['push', 'pull']],
      ['eve', ['pull']],
      ['root', []],
      ['auditor', ['pull']],
      ['(anonymous)', []],
    ])('grants %s %j', async (name, granted) => {
      const repository = await world.repository('acme/web')
      await world.repositories.grantUser(repository, 'bob', 'write', system)
      await world.repositories.grantUser(repository, 'eve', 'read', system)
      expect(await decide(name, 'acme/web', all)).toEqual(granted)
      expect(await decide(name, 'acme/web', ['pull'])).toEqual(
        granted.filter((one) => one === 'pull'),
      )
    })

    test('lets everyone pull a public one, and nobody anonymous push it', async () => {
      await world.repository('acme/web', 'public')
      expect(await decide('(anonymous)', 'acme/web', all)).toEqual(['pull'])
      expect(await decide('eve', 'acme/web', all)).toEqual(['pull'])
      const closed = under({ features: { anonymousAccess: false } })
      expect(await decide('(anonymous)', 'acme/web', all, closed)).toEqual([])
    })

    test.each(['READ_ONLY', 'MIRROR', 'ORG_MIRROR'] as const)(
      'lets nobody push or administer in state %s',
      async (state) => {
        const repository = await world.repository('acme/web')
        await world.repositories.setState(repository, state, system)
        expect(await decide('ada', 'acme/web', all)).toEqual(['pull'])
      },
    )

    test('refuses a disabled namespace', async () => {
      await world.repository('bob/tool', 'public')
      await world.accounts.setEnabled('bob', false, system)
      await expect(decide('ada', 'bob/tool', ['pull'])).rejects.toMatchObject({
        code: 'namespace-disabled',
        detail: {
          message: 'Namespace bob has been disabled. Please contact a system administrator.',
        },
      })
    })
  })

  describe('a decision about a repository that does not exist', () => {
    test('creates it, private, for a push by whoever may, who becomes its admin', async () => {
      await world.organizations.addTeamMember(await acme(), 'makers', 'bob', system)
      expect(await decide('bob', 'acme/new', ['pull'])).toEqual([])
      expect(await world.repositories.find('acme/new')).toBeUndefined()
      expect(await decide('bob', 'acme/new', ['push', 'pull'])).toEqual(['push', 'pull'])
      expect(await world.repositories.find('acme/new')).toMatchObject({ visibility: 'private' })
      expect(await decide('bob', 'acme/new', all)).toEqual(['push', 'pull', '*'])
      expect((await world.log()).at(-1)).toMatchObject({
        kind: 'create_repo',
        metadata: { repo: 'new', namespace: 'acme' },
      })
    })

    test('creates it public when the configuration says so', async () => {
      const open = under({ createPrivateRepoOnPush: false })
      expect(await decide('bob', 'bob/new', ['push'], open)).toEqual(['push'])
      expect(await world.repositories.find('bob/new')).toMatchObject({ visibility: 'public' })
    })

    test.each([
      ['eve', 'acme/new'],
      ['eve', 'bob/new'],
      ['root', 'bob/new'],
      ['auditor', 'bob/new'],
      ['(anonymous)', 'bob/new'],
    ])('creates nothing for %s in %s', async (name, repository) => {
      expect(await decide(name, repository, ['push'])).toEqual([])
      expect(await world.repositories.find(repository)).toBeUndefined()
    })

    test('creates nothing for a member of a team without that right, nor for a robot of a person', async () => {
      await world.organizations.addTeamMember(await acme(), 'dev', 'bob', system)
      expect(await decide('bob', 'acme/new', ['push'])).toEqual([])
      await world.robot('bob+ci')
      expect(await decide('bob+ci', 'bob/new', ['push'])).toEqual([])
      await world.robot('acme+ci')
      await world.organizations.addTeamMember(await acme(), 'makers', 'acme+ci', system)
      expect(await decide('acme+ci', 'acme/new', ['push', 'pull'])).toEqual(['push', 'pull'])
    })

    test('lets those pull who would see everything there', async () => {
      expect(await decide('ada', 'acme/none', ['pull'])).toEqual(['pull'])
      expect(await decide('bob', 'bob/none', ['pull'])).toEqual(['pull'])
      expect(await decide('auditor', 'bob/none', ['pull'])).toEqual(['pull'])
      expect(await decide('eve', 'bob/none', ['pull'])).toEqual([])
      expect(await decide('bob', 'bob/none', ['*'])).toEqual([])
    })

    test('makes one repository of many first pushes at once', async () => {
      const bob = await who('bob')
      const decisions = await Promise.all(
        Array.from({ length: 8 }, () =>
          world.access.decide(bob, repositoryName('bob/new'), ['push', 'pull']),
        ),
      )
      expect(decisions).toEqual(Array.from({ length: 8 }, () => ['push', 'pull']))
      expect((await world.log()).filter(({ kind }) => kind === 'create_repo')).toHaveLength(1)
    })

    test('refuses a name that the pages of a repository need', async () => {
      await expect(decide('bob', 'bob/tag', ['push'])).rejects.toMatchObject({
        code: 'repository-name-invalid',
      })
    })

    test('a deleted repository is gone at once and its name free', async () => {
      const repository = await world.repository('bob/tool', 'public')
      await world.repositories.delete(repository, system)
      expect(await decide('eve', 'bob/tool', ['pull'])).toEqual([])
      expect(await decide('bob', 'bob/tool', ['push'])).toEqual(['push'])
      const again = await world.repositories.get('bob/tool')
      expect(again.id).not.toBe(repository.id)
      expect(again.visibility).toBe('private')
    })
  })

  describe('a namespace that does not exist', () => {
    test('grants nothing', async () => {
      expect(await decide('bob', 'fresh/app', ['push', 'pull'])).toEqual([])
      expect(await decide('auditor', 'fresh/app', ['pull'])).toEqual([])
    })

    test('becomes an organization of whoever pushes, when the configuration says so', async () => {
      const creating = under({ createNamespaceOnPush: true })
      expect(await decide('bob', 'fresh/app', ['pull'], creating)).toEqual([])
      expect(await decide('bob', 'fresh/app', all, creating)).toEqual(['push', 'pull', '*'])
      expect(await world.namespace('fresh')).toMatchObject({ organization: 1 })
      expect(await decide('eve', 'fresh/other', ['push'], creating)).toEqual([])
      await world.robot('bob+ci')
      expect(await decide('bob+ci', 'other/app', ['push'], creating)).toEqual([])
      expect(await world.accounts.find('other')).toBeUndefined()
    })

    test('is not made by a restricted person, nor by one who only reads', async () => {
      const creating = under({ createNamespaceOnPush: true, features: { restrictedUsers: true } })
      expect(await decide('bob', 'fresh/app', ['push'], creating)).toEqual([])
      expect(await decide('auditor', 'fresh/app', ['push'], creating)).toEqual([])
      expect(await world.accounts.find('fresh')).toBeUndefined()
    })

    test('gets an address that belongs to it alone', async () => {
      const creating = under({ createNamespaceOnPush: true })
      await creating.accounts.createUser(
        { username: 'dan', password: 'long-enough', email: 'dan@example.com' },
        system,
      )
      await decide('dan', 'fresh/app', ['push'], creating)
      expect(await world.namespace('fresh')).toMatchObject({
        contact_email: 'dan+fresh@example.com',
      })
    })

    test('cannot be made when its name is reserved', async () => {
      const creating = under({ createNamespaceOnPush: true })
      await expect(decide('bob', 'api/app', ['push'], creating)).rejects.toMatchObject({
        code: 'method-not-allowed',
        detail: { message: 'Cannot create organization' },
      })
    })
  })

  test('a restricted person writes in organizations, not at home', async () => {
    await world.repository('bob/tool')
    await world.robot('bob+ci')
    await world.repositories.grantUser(
      await world.repositories.get('bob/tool'),
      'bob+ci',
      'write',
      system,
    )
    const strict = under({ features: { restrictedUsers: true }, restrictedUsersWhitelist: ['eve'] })
    expect(await decide('bob', 'bob/tool', ['push', 'pull'], strict)).toEqual(['pull'])
    expect(await decide('bob+ci', 'bob/tool', ['push', 'pull'], strict)).toEqual(['pull'])
    expect(await decide('bob', 'bob/tool', ['pull', '*'], strict)).toEqual(['pull'])
    expect(await decide('bob', 'bob/new', ['push'], strict)).toEqual([])
    expect(await decide('eve', 'eve/new', ['push'], strict)).toEqual(['push'])
    expect(await decide('root', 'root/new', ['push'], strict)).toEqual(['push'])
    expect(await decide('ada', 'acme/new', ['push'], strict)).toEqual(['push'])
  })
})
