import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import { system, type Actor } from '../audit/audit-log.ts'
import { createMemberService, type MemberService } from './member-service.ts'
import { createTeamService, type TeamService } from './team-service.ts'

describeDatabases('teams', (open) => {
  let database: Database
  let world: World
  let teams: TeamService
  let members: MemberService
  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    const { db } = database
    teams = createTeamService({
      db,
      audit: world.audit,
      config: { features: { teamSyncing: true } },
    })
    members = createMemberService({ db, audit: world.audit })
    for (const name of ['ada', 'bob', 'eve']) await world.user(name)
    await world.organization('acme', 'ada')
    await teams.create(await acme(), { name: 'dev', role: 'member' }, system)
  })
  const acme = () => world.namespace('acme')
  const by = async (name: string): Promise<Actor> => ({ principal: await world.principal(name) })
  const add = async (team: string, name: string) =>
    world.organizations.addTeamMember(await acme(), team, name, system)
  const remove = async (team: string, name: string, actor = system) =>
    world.organizations.removeTeamMember(await acme(), team, name, actor)
  const says = (message: string) => ({ code: 'rule-violated', detail: { message } })
  const lastAdmin = says('Cannot remove user as they are the only organization admin')

  test('an organization keeps its only admin, whoever acts', async () => {
    await expect(remove('owners', 'ada')).rejects.toMatchObject(lastAdmin)
    await expect(members.remove(await acme(), 'ada', system)).rejects.toMatchObject(lastAdmin)
    await expect(teams.delete(await acme(), 'owners', system)).rejects.toMatchObject({
      code: 'rule-violated',
    })
    await expect(
      teams.createOrUpdate(await acme(), { name: 'owners', role: 'member' }, system),
    ).rejects.toMatchObject({ code: 'rule-violated' })
    await add('owners', 'bob')
    await remove('owners', 'ada')
    await expect(remove('owners', 'ada')).rejects.toMatchObject(
      says('User ada does not belong to team owners'),
    )
    expect(await teams.listMembers(await teams.get(await acme(), 'owners'))).toMatchObject([
      { username: 'bob' },
    ])
  })

  test('a robot in the owners does not count as an admin', async () => {
    await world.robot('acme+ci')
    await add('owners', 'acme+ci')
    await expect(remove('owners', 'ada')).rejects.toMatchObject(lastAdmin)
  })

  test('nobody gives their own only admin team away', async () => {
    await add('owners', 'bob')
    const ada = await by('ada')
    await expect(remove('owners', 'ada', ada)).rejects.toMatchObject(
      says('User cannot remove themselves from their only admin team.'),
    )
    await expect(teams.delete(await acme(), 'owners', ada)).rejects.toMatchObject(
      says(
        "Deleting team 'owners' would remove admin ability for user 'ada' in organization 'acme'",
      ),
    )
    await expect(
      teams.createOrUpdate(await acme(), { name: 'owners', role: 'creator' }, ada),
    ).rejects.toMatchObject(
      says(
        "Cannot remove admin from team 'owners' because calling user would no longer have admin on org 'acme'",
      ),
    )
    await teams.createOrUpdate(await acme(), { name: 'chiefs', role: 'admin' }, ada)
    await add('chiefs', 'ada')
    await teams.delete(await acme(), 'owners', ada)
    expect((await teams.list(await acme(), null)).map(({ name }) => name)).toEqual([
      'dev',
      'chiefs',
    ])
  })

  test('take members once, and no robots of others', async () => {
    await add('dev', 'bob')
    await world.robot('bob+ci')
    for (const [member, message] of [
      ['bob', 'User bob is already a member of team dev'],
      [
        'bob+ci',
        'Cannot add the specified robot to this team, as it is not a member of the organization',
      ],
      ['acme', 'Unknown user'],
      ['nobody', 'Unknown user'],
    ] as const) {
      await expect(add('dev', member)).rejects.toMatchObject({ detail: { message } })
    }
    await expect(add('none', 'bob')).rejects.toMatchObject({ code: 'not-found' })
  })

  test('are named by the rule, and once', async () => {
    const create = async (name: string) =>
      teams.create(await acme(), { name, role: 'member' }, system)
    await expect(create('X')).rejects.toMatchObject(
      says('Invalid team name X: Team must be between 2 and 255 characters in length'),
    )
    await expect(create('A B')).rejects.toMatchObject(
      says(
        'Invalid team name A B: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$',
      ),
    )
    await expect(create('owners')).rejects.toMatchObject({ code: 'namespace-taken' })
  })

  test('tell in the log what became of them, and nothing of what stayed', async () => {
    const before = (await world.log()).length
    const wanted = { name: 'dev', role: 'creator', description: 'they build' } as const
    const changed = await teams.createOrUpdate(await acme(), wanted, system)
    expect(changed).toMatchObject({ isNew: false, team: { role: 'creator' } })
    await teams.createOrUpdate(await acme(), wanted, system)
    await teams.delete(await acme(), 'dev', system)
    expect((await world.log()).slice(before)).toMatchObject([
      { kind: 'org_set_team_description', metadata: { team: 'dev', description: 'they build' } },
      { kind: 'org_set_team_role', metadata: { team: 'dev', role: 'creator' } },
      { kind: 'org_delete_team', metadata: { team: 'dev' } },
    ])
    await expect(teams.delete(await acme(), 'dev', system)).rejects.toMatchObject(
      says("Team 'dev' is not a team in org 'acme'"),
    )
  })

  test('are listed with what they hold, in the order of their making', async () => {
    await add('dev', 'bob')
    const repository = await world.repository('acme/web', 'public')
    await world.repositories.grantTeam(repository, 'dev', 'write', system)
    const bob = await world.namespace('bob')
    expect(await teams.list(await acme(), bob.id)).toMatchObject([
      { name: 'owners', members: 1, repositories: 0, isMine: false, isSynced: false },
      { name: 'dev', members: 1, repositories: 1, isMine: true, isSynced: false },
    ])
    expect(await teams.listPermissions(await teams.get(await acme(), 'dev'))).toEqual([
      { repository: 'web', visibility: 'public', role: 'write' },
    ])
    await world.repositories.delete(repository, system)
    expect(await teams.listPermissions(await teams.get(await acme(), 'dev'))).toEqual([])
  })

  test('that are synced take robots only, until they are not', async () => {
    const dev = await teams.get(await acme(), 'dev')
    const row = { team_id: dev.id, service: 'ldap', config_json: '{}', last_updated: null }
    await database.db.insertInto('teamsync').values(row).execute()
    await expect(teams.requireOpen(database.db, dev, false)).rejects.toMatchObject({
      detail: { message: 'Cannot call this method on an auth-synced team' },
    })
    await teams.requireOpen(database.db, dev, true)
    await teams.disableSync(await acme(), dev, system)
    await teams.disableSync(await acme(), dev, system)
    await teams.requireOpen(database.db, dev, false)
    expect((await world.log()).filter(({ kind }) => kind === 'disable_team_sync')).toHaveLength(1)
  })

  test('make members of people; grants alone make collaborators', async () => {
    const web = await world.repository('acme/web')
    const api = await world.repository('acme/api')
    const own = await world.repository('bob/own')
    await add('dev', 'bob')
    await world.robot('acme+ci')
    for (const [repository, name] of [
      [web, 'bob'],
      [web, 'eve'],
      [api, 'eve'],
      [api, 'acme+ci'],
      [own, 'eve'],
    ] as const) {
      await world.repositories.grantUser(repository, name, 'read', system)
    }
    expect(await members.list(await acme())).toMatchObject([
      { username: 'ada', teams: ['owners'], repositories: [] },
      { username: 'bob', teams: ['dev'], repositories: ['web'] },
    ])
    expect(await members.listCollaborators(await acme())).toMatchObject([
      { username: 'acme+ci', repositories: ['api'] },
      { username: 'eve', repositories: ['web', 'api'] },
    ])
    expect(await members.get(await acme(), 'acme+ci')).toMatchObject({ robot: 1, teams: [] })
    for (const stranger of ['eve', 'acme', 'nobody']) {
      await expect(members.get(await acme(), stranger)).rejects.toThrow('not-found')
    }
  })

  test('lose somebody all at once, with the grants but only those of the organization', async () => {
    await teams.create(await acme(), { name: 'ops', role: 'member' }, system)
    for (const team of ['dev', 'ops', 'owners']) await add(team, 'bob')
    const web = await world.repository('acme/web')
    const own = await world.repository('eve/own')
    await world.repositories.grantUser(web, 'bob', 'read', system)
    await world.repositories.grantUser(own, 'bob', 'read', system)
    const before = (await world.log()).length
    await members.remove(await acme(), 'bob', await by('ada'))
    expect((await world.log()).slice(before).map(({ kind, metadata }) => [kind, metadata])).toEqual(
      [
        ['org_remove_team_member', { member: 'bob', team: 'dev' }],
        ['org_remove_team_member', { member: 'bob', team: 'ops' }],
        ['org_remove_team_member', { member: 'bob', team: 'owners' }],
      ],
    )
    const bob = await world.principal('bob')
    expect(await world.access.roleOn(bob, web)).toBe('none')
    expect(await world.access.roleOn(bob, own)).toBe('read')
    await expect(members.get(await acme(), 'bob')).rejects.toThrow('not-found')
  })
})
