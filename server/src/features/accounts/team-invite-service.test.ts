import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { createWorld, type World } from '../access/world-suite.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { Mail } from '../mail/mail-service.ts'
import {
  createNotificationService,
  type NotificationService,
} from '../notifications/notification-service.ts'
import { accountStore } from './account-store.ts'
import { createTeamInviteService, type TeamInviteService } from './team-invite-service.ts'
import { createTeamService, type TeamService } from './team-service.ts'

describeDatabases('invitations to teams', (open) => {
  let database: Database
  let world: World
  let teams: TeamService
  let notifications: NotificationService
  let invites: TeamInviteService
  let ada: Actor
  let sent: Mail[]
  let mailWorks: boolean

  const clock = { now: () => 1_800_000_000_000 }
  const mail = {
    enabled: true,
    send: (one: Mail) =>
      mailWorks ? Promise.resolve(void sent.push(one)) : Promise.reject(new Problem('mail-failed')),
    sendLater: (one: Mail) => void sent.push(one),
  }
  const under = (features: { mailing: boolean; requireTeamInvite: boolean }) =>
    createTeamInviteService({
      ...{ db: database.db, clock, random: systemRandom, audit: world.audit },
      ...{ teams, notifications, mail },
      config: { urlScheme: 'https', serverHostname: 'quay.example.com', features },
    })

  beforeEach(async () => {
    database = await open()
    world = createWorld(database)
    sent = []
    mailWorks = true
    const { db } = database
    const config = { features: { teamSyncing: false } }
    teams = createTeamService({ db, audit: world.audit, config })
    notifications = createNotificationService({ db, clock, random: systemRandom })
    invites = under({ mailing: true, requireTeamInvite: true })
    for (const name of ['ada', 'bob', 'eve']) {
      await world.user(name)
      await accountStore(db).update((await world.namespace(name)).id, {
        email: `${name}@example.com`,
        verified: 1,
      })
    }
    await world.organization('acme', 'ada')
    ada = { principal: await world.principal('ada') }
    for (const name of ['dev', 'ops']) {
      await teams.create(await acme(), { name, role: 'member' }, ada)
    }
  })
  const acme = () => world.namespace('acme')
  const account = (name: string) => world.namespace(name)
  const by = async (name: string): Promise<Actor> => ({ principal: await world.principal(name) })
  const invite = async (team: string, name: string) =>
    invites.addOrInvite(await acme(), team, name, ada)
  const membersOf = async (team: string) =>
    (await teams.listMembers(await teams.get(await acme(), team))).map(({ username }) => username)
  const told = async (name: string) => {
    const reader = { userId: (await account(name)).id, withOrganizations: true }
    const { notifications: all } = await notifications.list(reader, 0, 10)
    return all.map(({ metadata_json }) => JSON.parse(metadata_json) as { code: string })
  }
  const codeOf = async (name: string) => (await told(name))[0]?.code ?? ''
  const codeIn = (one: Mail | undefined) => /code=([A-Z0-9]+)/.exec(one?.text ?? '')?.[1] ?? ''
  const kinds = async () => (await world.log()).map(({ kind }) => kind)
  const says = (message: string) => ({ code: 'rule-violated', detail: { message } })

  test('reach a person by notification and mail; accepting makes a member', async () => {
    expect(await invite('dev', 'bob')).toMatchObject({ invited: true })
    expect(await membersOf('dev')).toEqual([])
    expect(await told('bob')).toMatchObject([{ inviter: 'ada', org: 'acme', team: 'dev' }])
    expect(sent).toMatchObject([{ to: 'bob@example.com', subject: 'Invitation to join team' }])
    expect(codeIn(sent[0])).toBe(await codeOf('bob'))
    const accepted = await invites.accept(
      await codeOf('bob'),
      await account('bob'),
      await by('bob'),
    )
    expect(accepted).toMatchObject({ organization_name: 'acme', team_name: 'dev' })
    expect(await membersOf('dev')).toEqual(['bob'])
    expect(await told('bob')).toEqual([])
    expect((await world.log()).slice(-2)).toMatchObject([
      { kind: 'org_invite_team_member', metadata: { user: 'bob', member: 'bob', team: 'dev' } },
      {
        kind: 'org_team_member_invite_accepted',
        metadata: { member: 'bob', team: 'dev', inviter: 'ada' },
      },
    ])
  })

  test('are accepted all at once for an organization', async () => {
    await invite('dev', 'bob')
    await invite('ops', 'bob')
    await invites.accept(codeIn(sent[0]), await account('bob'), await by('bob'))
    expect([await membersOf('dev'), await membersOf('ops')]).toEqual([['bob'], ['bob']])
    expect(await told('bob')).toEqual([])
    await expect(
      invites.accept(codeIn(sent[1]), await account('bob'), await by('bob')),
    ).rejects.toMatchObject(says('Invalid confirmation code.'))
  })

  test('are for one person alone', async () => {
    await invite('dev', 'bob')
    const code = await codeOf('bob')
    await expect(invites.accept(code, await account('eve'), await by('eve'))).rejects.toMatchObject(
      {
        detail: {
          message: expect.stringMatching(/^This invite is intended for user "bob"\./) as string,
        },
      },
    )
    await expect(
      invites.decline(code, await account('eve'), await by('eve')),
    ).rejects.toMatchObject(says('Invalid confirmation code.'))
    await invites.decline(code, await account('bob'), await by('bob'))
    expect(await told('bob')).toEqual([])
    expect((await kinds()).at(-1)).toBe('org_team_member_invite_declined')
    expect(await invites.listOfTeam(await teams.get(await acme(), 'dev'))).toEqual([])
  })

  test('that are repeated have a new code, and tell once', async () => {
    await invite('dev', 'bob')
    const first = await codeOf('bob')
    await invite('dev', 'bob')
    expect(await told('bob')).toHaveLength(1)
    await expect(
      invites.accept(first, await account('bob'), await by('bob')),
    ).rejects.toMatchObject(says('Invalid confirmation code.'))
  })

  test('are taken back before a membership is', async () => {
    await invite('dev', 'bob')
    await invites.removeOrWithdraw(await acme(), 'dev', 'bob', ada)
    expect(await told('bob')).toEqual([])
    expect((await kinds()).at(-1)).toBe('org_delete_team_member_invite')
    const again = invites.removeOrWithdraw(await acme(), 'dev', 'bob', ada)
    await expect(again).rejects.toMatchObject(says('User bob does not belong to team dev'))
  })

  test('are not needed by members of another team, nor by robots', async () => {
    await invite('dev', 'bob')
    await invites.accept(await codeOf('bob'), await account('bob'), await by('bob'))
    await world.robot('acme+ci')
    expect(await invite('ops', 'bob')).toMatchObject({ invited: false })
    expect(await invite('ops', 'acme+ci')).toMatchObject({ invited: false })
    expect(await membersOf('ops')).toEqual(['acme+ci', 'bob'])
  })

  test.each([
    { mailing: false, requireTeamInvite: true },
    { mailing: true, requireTeamInvite: false },
  ])('are not sent under %j', async (features) => {
    const added = await under(features).addOrInvite(await acme(), 'dev', 'bob', ada)
    expect(added).toMatchObject({ invited: false })
    expect([await membersOf('dev'), sent]).toEqual([['bob'], []])
  })

  test('reach an address that nobody has yet', async () => {
    await invites.inviteAddress(await acme(), 'dev', 'eve@example.com', ada)
    const code = codeIn(sent[0])
    await expect(invites.accept(code, await account('bob'), await by('bob'))).rejects.toMatchObject(
      {
        detail: {
          message: expect.stringMatching(
            /^This invite is intended for email "eve@example.com"\./,
          ) as string,
        },
      },
    )
    await expect(
      invites.decline(code, await account('eve'), await by('eve')),
    ).rejects.toMatchObject(says('Invalid confirmation code.'))
    await invites.accept(code, await account('eve'), await by('eve'))
    expect(await membersOf('dev')).toEqual(['eve'])
  })

  test('to an address are taken back once, and need one', async () => {
    await invites.inviteAddress(await acme(), 'dev', 'new@example.com', ada)
    await invites.withdrawAddress(await acme(), 'dev', 'new@example.com', ada)
    await expect(
      invites.withdrawAddress(await acme(), 'dev', 'new@example.com', ada),
    ).rejects.toThrow('not-found')
    await expect(invites.inviteAddress(await acme(), 'dev', 'nowhere', ada)).rejects.toThrow(
      'email-invalid',
    )
  })

  test('that could not be mailed do not stay', async () => {
    mailWorks = false
    await expect(
      invites.inviteAddress(await acme(), 'dev', 'new@example.com', ada),
    ).rejects.toThrow('mail-failed')
    expect(await invites.listOfTeam(await teams.get(await acme(), 'dev'))).toEqual([])
  })
})
