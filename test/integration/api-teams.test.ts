import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let mailServer: MailServer
let server: TestServer
let quay: ApiClient
let ada: ApiClient
let bob: ApiClient
let eve: ApiClient
let carl: ApiClient
let auditor: ApiClient

const org = '/api/v1/organization/acme'
const team = (name: string) => `${org}/team/${name}`

beforeAll(async () => {
  mailServer = await startMailServer()
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        GLOBAL_READONLY_SUPER_USERS: ['auditor'],
        FEATURE_TEAM_SYNCING: true,
        FEATURE_MAILING: true,
        FEATURE_REQUIRE_TEAM_INVITE: true,
        MAIL_SERVER: '127.0.0.1',
        MAIL_PORT: mailServer.port,
        MAIL_USE_TLS: false,
      }),
    },
  })
  quay = await server.signedIn()
  ada = await signUp('ada')
  bob = await signUp('bob')
  eve = await signUp('eve')
  carl = await signUp('carl')
  auditor = await signUp('auditor')
  await ada.post('/api/v1/organization/', { name: 'acme', email: 'ops@acme.io' }, 201)
  await ada.put(`${org}/robots/ci`, undefined, 201)
})
afterAll(async () => {
  await server.stop()
  await mailServer[Symbol.asyncDispose]()
})

/** An account whose address a superuser vouches for. */
async function signUp(username: string): Promise<ApiClient> {
  const email = `${username}@unconfirmed.example.com`
  const made = await quay.post('/api/v1/superuser/users/', { username, email })
  await quay.put(`/api/v1/superuser/users/${username}`, { email: `${username}@example.com` })
  return server.signedIn({ username, password: (made as { password: string }).password })
}

const told = (answer: { status: number; json(): unknown }) => {
  const { detail, message } = answer.json() as { detail?: string; message?: string }
  return [answer.status, message === undefined ? { detail } : { message }]
}

it('an organization needs an address while mail is sent', async () => {
  const answer = await ada.request('POST', '/api/v1/organization/', { name: 'other' })
  expect(told(answer)).toEqual([400, { detail: 'Invalid email address: ' }])
})

describe('a team', () => {
  it('is created by the first call and changed by the next', async () => {
    expect(await ada.put(team('dev'), { role: 'member' })).toEqual({
      ...{ name: 'dev', description: '', can_view: true, role: 'member', new_team: true },
      avatar: expect.objectContaining({ name: 'dev', kind: 'team' }) as unknown,
    })
    expect(await ada.put(team('dev'), { role: 'creator', description: 'builds' })).toMatchObject({
      ...{ role: 'creator', description: 'builds', new_team: false },
    })
    expect(await ada.put(team('dev'), { role: 'creator' })).toMatchObject({ description: 'builds' })
  })

  it.each([
    [
      'x',
      { role: 'member' },
      'Invalid team name x: Team must be between 2 and 255 characters in length',
    ],
    [
      'A B',
      { role: 'member' },
      'Invalid team name A B: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$',
    ],
    [
      'owners',
      { role: 'member' },
      "Cannot remove admin from team 'owners' because calling user would no longer have admin on org 'acme'",
    ],
  ])('%s is refused under %j', async (name, body, message) => {
    const answer = await ada.request('PUT', team(encodeURIComponent(name)), body)
    expect(told(answer)).toEqual([400, { message }])
  })

  it('is deleted, unless that takes the last admin away', async () => {
    await ada.put(team('gone'), { role: 'member' })
    await ada.delete(team('gone'))
    expect(told(await ada.request('DELETE', team('gone')))).toEqual([
      400,
      { message: "Team 'gone' is not a team in org 'acme'" },
    ])
    expect(told(await ada.request('DELETE', team('owners')))).toEqual([
      400,
      {
        message:
          "Deleting team 'owners' would remove admin ability for user 'ada' in organization 'acme'",
      },
    ])
  })

  it('lists what it holds', async () => {
    const repository = {
      namespace: 'acme',
      repository: 'web',
      visibility: 'public',
      description: '',
    }
    await ada.post('/api/v1/repository', repository, 201)
    await ada.put('/api/v1/repository/acme/web/permissions/team/dev', { role: 'write' })
    const held = { permissions: [{ repository: { name: 'web', is_public: true }, role: 'write' }] }
    expect(await ada.get(`${team('dev')}/permissions`)).toEqual(held)
    expect(await auditor.get(`${team('dev')}/permissions`)).toEqual(held)
    expect((await eve.request('GET', `${team('dev')}/permissions`)).status).toBe(403)
    expect((await ada.request('GET', `${team('none')}/permissions`)).status).toBe(404)
  })
})

describe('members', () => {
  const members = (name: string) => `${team(name)}/members`
  const listed = async (api: ApiClient, query = '') =>
    (await api.get(`${members('dev')}${query}`)) as { members: object[]; can_edit: boolean }

  it('are asked first when they are new; robots are not', async () => {
    expect(await ada.put(`${members('dev')}/bob`)).toMatchObject({
      ...{ name: 'bob', kind: 'user', is_robot: false, invited: true },
    })
    expect(await ada.put(`${members('dev')}/acme+ci`)).toMatchObject({
      ...{ name: 'acme+ci', is_robot: true, invited: false },
    })
    expect((await listed(ada)).members).toMatchObject([{ name: 'acme+ci' }])
    expect((await listed(ada, '?includePending=true')).members).toMatchObject([
      { name: 'acme+ci', invited: false },
      { name: 'bob', invited: true },
    ])
    expect((await bob.request('GET', members('dev'))).status).toBe(403)
  })

  it('accept by the code of their notification', async () => {
    const { notifications } = (await bob.get('/api/v1/user/notifications')) as {
      notifications: { kind: string; metadata: { code: string } }[]
    }
    expect(notifications).toMatchObject([
      { kind: 'org_team_invite', metadata: { inviter: 'ada', org: 'acme', team: 'dev' } },
    ])
    const path = `/api/v1/teaminvite/${notifications[0]?.metadata.code ?? ''}`
    expect(told(await eve.request('PUT', path))).toMatchObject([
      400,
      { message: expect.stringMatching(/^This invite is intended for user "bob"/) as string },
    ])
    expect(await bob.put(path)).toEqual({ org: 'acme', team: 'dev' })
    expect(told(await bob.request('PUT', path))).toEqual([
      400,
      { message: 'Invalid confirmation code.' },
    ])
    expect(await bob.get('/api/v1/user/notifications')).toMatchObject({ notifications: [] })
    expect(await listed(bob)).toMatchObject({ name: 'dev', can_edit: false })
    expect(await listed(auditor)).toMatchObject({ can_edit: false })
  })

  it('accept by the link of a mail to their address', async () => {
    const invite = `${team('dev')}/invite/eve@example.com`
    expect(await ada.put(invite)).toMatchObject({
      ...{ email: 'eve@example.com', kind: 'invite', invited: true },
    })
    expect((await listed(ada, '?includePending=1')).members).toContainEqual(
      expect.objectContaining({ email: 'eve@example.com', kind: 'invite' }),
    )
    const { text } = await mailServer.waitFor('eve@example.com', 'Invitation to join team')
    const code = /confirminvite\?code=(\w+)/.exec(text)?.[1] ?? ''
    const path = `/api/v1/teaminvite/${code}`
    expect(told(await carl.request('PUT', path))).toEqual([
      400,
      {
        message:
          'This invite is intended for email "eve@example.com".\nPlease login to that account and try again.',
      },
    ])
    expect(told(await eve.request('DELETE', path))).toEqual([
      400,
      { message: 'Invalid confirmation code.' },
    ])
    expect(await eve.put(path)).toEqual({ org: 'acme', team: 'dev' })
    expect(told(await ada.request('DELETE', invite))).toEqual([404, { detail: 'Not Found' }])
    expect(told(await ada.request('PUT', `${team('dev')}/invite/nowhere`))).toEqual([
      400,
      { detail: 'Invalid email address: nowhere' },
    ])
  })

  it('decline, or are no longer wanted', async () => {
    await ada.put(`${members('dev')}/carl`)
    await ada.delete(`${members('dev')}/carl`)
    expect(await carl.get('/api/v1/user/notifications')).toMatchObject({ notifications: [] })
    await ada.put(`${members('dev')}/carl`)
    const { notifications } = (await carl.get('/api/v1/user/notifications')) as {
      notifications: { metadata: { code: string } }[]
    }
    await carl.delete(`/api/v1/teaminvite/${notifications[0]?.metadata.code ?? ''}`)
    expect(told(await ada.request('DELETE', `${members('dev')}/carl`))).toEqual([
      400,
      { message: 'User carl does not belong to team dev' },
    ])
  })

  it('that are known already are added at once', async () => {
    await ada.put(team('ops'), { role: 'member' })
    expect(await ada.put(`${members('ops')}/bob`)).toMatchObject({ invited: false })
    expect(told(await ada.request('PUT', `${members('ops')}/bob`))).toEqual([
      400,
      { message: 'User bob is already a member of team ops' },
    ])
  })

  it.each([
    ['nobody', { detail: 'Unknown user' }],
    ['acme', { detail: 'Unknown user' }],
    [
      'bob+own',
      {
        message:
          'Cannot add the specified robot to this team, as it is not a member of the organization',
      },
    ],
  ])('cannot be %s', async (name, answer) => {
    await bob.request('PUT', '/api/v1/user/robots/own')
    expect(told(await ada.request('PUT', `${members('dev')}/${name}`))).toEqual([400, answer])
  })

  it('keep their only admin team', async () => {
    expect(told(await ada.request('DELETE', `${members('owners')}/ada`))).toEqual([
      400,
      { message: 'User cannot remove themselves from their only admin team.' },
    ])
  })

  it('are changed by admins only, and of a team that is there', async () => {
    for (const api of [bob, auditor, quay]) {
      expect((await api.request('PUT', `${members('dev')}/carl`)).status).toBe(403)
      expect((await api.request('DELETE', `${members('dev')}/bob`)).status).toBe(403)
      expect((await api.request('PUT', team('dev'), { role: 'admin' })).status).toBe(403)
    }
    for (const method of ['PUT', 'DELETE']) {
      expect((await ada.request(method, `${members('none')}/bob`)).status).toBe(404)
    }
    expect((await ada.request('GET', members('none'))).status).toBe(404)
    expect((await bob.request('GET', members('none'))).status).toBe(403)
  })
})

describe('syncing a team', () => {
  const path = `${team('dev')}/syncing`

  it('is set up by admins who are superusers', async () => {
    const outsiders = [ada, bob, quay]
    for (const api of outsiders) {
      expect((await api.request('POST', path, { group_dn: 'cn=dev' })).status).toBe(403)
      expect((await api.request('DELETE', path)).status).toBe(403)
    }
  })

  it('needs a directory, which there is none of', async () => {
    await ada.put(`${team('owners')}/members/quay`)
    const { notifications } = (await quay.get('/api/v1/user/notifications')) as {
      notifications: { metadata: { code: string } }[]
    }
    await quay.put(`/api/v1/teaminvite/${notifications[0]?.metadata.code ?? ''}`)
    const answer = await quay.request('POST', path, { group_dn: 'cn=dev' })
    expect(told(answer)).toMatchObject([
      400,
      { detail: expect.stringMatching(/^Could not sync to group: /) as string },
    ])
    expect(await quay.delete(path, 200)).toMatchObject({ name: 'dev', new_team: false })
    expect((await quay.request('DELETE', `${team('none')}/syncing`)).status).toBe(404)
  })
})
