import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import type { Response } from '../support/http-request.ts'
import type { TestServer } from '../support/server.ts'
import { prepareWorld, type WorldServers } from '../support/world-server.ts'
import type { Belongings } from '../support/world.ts'

let servers: WorldServers
let server: TestServer
let admin: ApiClient
let rival: ApiClient
beforeAll(async () => {
  servers = await prepareWorld()
  server = await servers.open()
  admin = await server.signedIn(servers.world.logins.admin)
  rival = await server.signedIn(servers.world.logins.rival)
})
afterAll(async () => {
  await server.stop()
  await servers[Symbol.asyncDispose]()
})

type IdName = keyof Belongings
const nobodys: Belongings = {
  orgname: 'nobodys',
  repository: 'nobodys/private',
  manifestref: `sha256:${'0'.repeat(64)}`,
  labelid: '00000000-0000-4000-8000-000000000000',
  prototypeid: '00000000-0000-4000-8000-000000000000',
  organizationPolicy: '00000000-0000-4000-8000-000000000000',
  repositoryPolicy: '00000000-0000-4000-8000-000000000000',
  notification: '00000000-0000-4000-8000-000000000000',
  client_id: 'A'.repeat(20),
  token_uuid: '00000000-0000-4000-8000-000000000000',
  apptoken: '00000000-0000-4000-8000-000000000000',
  robot: 'nobodys+deploy',
}

/** A place of one's own where an id is asked for; `{id}` stands for it. */
interface Place {
  readonly method: string
  readonly path: string
  readonly takes: IdName
  readonly body?: object
}

const place = (method: string, path: string, takes: IdName, body?: object): Place => ({
  ...{ method, path, takes },
  ...(body !== undefined && { body }),
})

const manifest = '/repository/{repository}/manifest'
const notification = '/repository/{repository}/notification'
const applications = '/organization/{orgname}/applications'
const places: readonly Place[] = [
  place('PUT', '/organization/{orgname}/prototypes/{id}', 'prototypeid', { role: 'admin' }),
  place('DELETE', '/organization/{orgname}/prototypes/{id}', 'prototypeid'),
  place('GET', `${manifest}/{manifestref}/labels/{id}`, 'labelid'),
  place('DELETE', `${manifest}/{manifestref}/labels/{id}`, 'labelid'),
  place('GET', `${manifest}/{id}`, 'manifestref'),
  place('GET', `${manifest}/{id}/labels`, 'manifestref'),
  place('POST', '/repository/{repository}/tag/latest/restore', 'manifestref', {
    manifest_digest: '{id}',
  }),
  place('PUT', '/repository/{repository}/tag/stolen', 'manifestref', { manifest_digest: '{id}' }),
  ...['organization/{orgname}', 'repository/{repository}'].flatMap((owner) =>
    (['organizationPolicy', 'repositoryPolicy'] as const).flatMap((policy) => {
      const path = `/${owner}/immutabilitypolicy/{id}`
      return [
        place('GET', path, policy),
        place('PUT', path, policy, { tagPattern: 'taken' }),
        place('DELETE', path, policy),
      ]
    }),
  ),
  place('GET', `${notification}/{id}`, 'notification'),
  place('POST', `${notification}/{id}`, 'notification'),
  place('POST', `${notification}/{id}/test`, 'notification'),
  place('DELETE', `${notification}/{id}`, 'notification'),
  place('GET', `/mooring${notification}/{id}/deliveries`, 'notification'),
  place('GET', `${applications}/{id}`, 'client_id'),
  place('PUT', `${applications}/{id}`, 'client_id', {
    ...{ name: 'taken', redirect_uri: '', application_uri: '' },
  }),
  place('DELETE', `${applications}/{id}`, 'client_id'),
  place('POST', `${applications}/{id}/resetclientsecret`, 'client_id'),
  place('GET', `${applications}/{id}/tokens`, 'client_id'),
  place('POST', `${applications}/{id}/tokens`, 'client_id', { name: 'taken', scope: 'repo:read' }),
  place('DELETE', `${applications}/{client_id}/tokens/{id}`, 'token_uuid'),
  place('GET', '/user/apptoken/{id}', 'apptoken'),
  place('DELETE', '/user/apptoken/{id}', 'apptoken'),
  place('GET', '/user/authorizations/{id}', 'token_uuid'),
  place('DELETE', '/user/authorizations/{id}', 'token_uuid'),
  place('DELETE', '/user/assignedauthorization/{id}', 'token_uuid'),
]

describe('an id of somebody else', () => {
  it.each(places)('is as good as none: $method $path with a $takes', async (one) => {
    const { method, path, takes, body } = one
    const { home, foreign } = servers.world
    const ask = async (id: string) => {
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        name === 'id' ? id : home[name as IdName],
      )
      const sent =
        body === undefined
          ? undefined
          : (JSON.parse(JSON.stringify(body).replaceAll('{id}', id)) as unknown)
      const answer = await admin.request(method, `/api/v1${filled}`, sent)
      return { status: answer.status, body: answer.text().replaceAll(id, '(id)') }
    }
    const none = await ask(nobodys[takes])
    expect(none.status).toBeGreaterThanOrEqual(400)
    expect(none.status).toBeLessThan(500)
    expect(await ask(foreign[takes])).toEqual(none)
  })

  it('has left everything where it was', async () => {
    const { foreign } = servers.world
    const org = `/api/v1/organization/${foreign.orgname}`
    const repository = `/api/v1/repository/${foreign.repository}`
    const app = `${org}/applications/${foreign.client_id}`
    expect(await rival.get(`${org}/prototypes`)).toMatchObject({
      prototypes: [{ id: foreign.prototypeid, role: 'read' }],
    })
    await rival.get(`${repository}/manifest/${foreign.manifestref}/labels/${foreign.labelid}`)
    expect(
      await rival.get(`${org}/immutabilitypolicy/${foreign.organizationPolicy}`),
    ).toMatchObject({ tagPattern: 'frozen-.*' })
    expect(
      await rival.get(`${repository}/immutabilitypolicy/${foreign.repositoryPolicy}`),
    ).toMatchObject({ tagPattern: 'frozen-.*' })
    await rival.get(`${repository}/notification/${foreign.notification}`)
    expect(await rival.get(app)).toMatchObject({ name: 'tool of rival-home' })
    expect(await rival.get(`${app}/tokens`)).toMatchObject({
      tokens: [{ uuid: foreign.token_uuid }],
    })
    await rival.get(`/api/v1/user/apptoken/${foreign.apptoken}`)
  })
})

describe('what is meant for somebody else', () => {
  const nobodysId = '00000000-0000-4000-8000-000000000000'
  const told = (answer: Response) => [answer.status, answer.json()]
  const invitation = async (api: ApiClient) => {
    const { notifications } = (await api.get('/api/v1/user/notifications')) as {
      notifications: { id: string; kind: string; metadata: { code: string } }[]
    }
    const found = notifications.find(({ kind }) => kind === 'org_team_invite')
    return { id: found?.id ?? '', code: found?.metadata.code ?? '' }
  }
  let member: ApiClient
  let invited: { id: string; code: string }
  beforeAll(async () => {
    member = await server.signedIn(servers.world.logins.member)
    await rival.put('/api/v1/organization/rival-home/team/crew/members/member')
    invited = await invitation(member)
  })

  it.each([
    ['GET', undefined],
    ['PUT', { dismissed: true }],
  ])('a notification is as good as none: %s', async (method, body) => {
    const ask = (id: string) =>
      admin.request(method, `/api/v1/user/notifications/${id}`, body).then(told)
    const none = await ask(nobodysId)
    expect(none).toMatchObject([404, { error_type: 'not_found' }])
    expect(await ask(invited.id)).toEqual(none)
    expect(await member.get(`/api/v1/user/notifications/${invited.id}`)).toMatchObject({
      ...{ id: invited.id, dismissed: false },
    })
  })

  it('an invitation can be neither accepted nor declined, and stays', async () => {
    const path = `/api/v1/teaminvite/${invited.code}`
    expect(told(await admin.request('PUT', path))).toEqual([
      400,
      {
        message:
          'This invite is intended for user "member".\nPlease login to that account and try again.',
      },
    ])
    const unknown = [400, { message: 'Invalid confirmation code.' }]
    expect(told(await admin.request('DELETE', path))).toEqual(unknown)
    for (const method of ['PUT', 'DELETE']) {
      const answer = await admin.request(method, `/api/v1/teaminvite/${'A'.repeat(64)}`)
      expect(told(answer)).toEqual(unknown)
    }
    expect(await member.put(path)).toEqual({ org: 'rival-home', team: 'crew' })
  })
})

describe('a robot of another namespace', () => {
  it('gets no grant, no place in a team and no default permission', async () => {
    const { home, foreign } = servers.world
    const org = `/api/v1/organization/${home.orgname}`
    const delegate = { kind: 'user', name: foreign.robot }
    const attempts = [
      await admin.request(
        'PUT',
        `/api/v1/repository/${home.repository}/permissions/user/${foreign.robot}`,
        { role: 'read' },
      ),
      await admin.request('PUT', `${org}/team/crew/members/${foreign.robot}`),
      await admin.request('POST', `${org}/prototypes`, { role: 'read', delegate }),
    ]
    expect(attempts.map(({ status }) => status)).toEqual([400, 400, 400])
  })
})
