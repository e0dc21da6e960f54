import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let ada: ApiClient
let bob: Person

const base = '/api/v1/repository/acme/web/permissions'
const users = `${base}/user/`
const teams = `${base}/team/`

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_MAILING: false,
        FEATURE_REQUIRE_TEAM_INVITE: false,
      }),
    },
  })
  const quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = await signUp(server, quay, 'bob')
  for (const name of ['acme', 'other']) {
    await ada.post('/api/v1/organization/', { name }, 201)
    await ada.put(`/api/v1/organization/${name}/robots/ci`, {}, 201)
  }
  await ada.put('/api/v1/organization/acme/team/dev', { role: 'member' })
  await create('acme', 'web')
  await create('ada', 'own')
})
afterAll(() => server.stop())

const create = (namespace: string, repository: string) =>
  ada.post(
    '/api/v1/repository',
    { namespace, repository, visibility: 'private', description: '' },
    201,
  )
const avatar = (name: string, kind: string): unknown => expect.objectContaining({ name, kind })
const refusal = async (method: string, path: string, body?: object) => {
  const answer = await ada.request(method, path, body)
  const { error_type, error_message, message } = answer.json() as Record<string, string>
  return [answer.status, error_type ?? 'message', error_message ?? message]
}

describe('permissions of accounts', () => {
  it('begin with the creator', async () => {
    expect(await ada.get(users)).toEqual({
      permissions: {
        ada: {
          ...{ role: 'admin', name: 'ada', is_robot: false, is_org_member: true },
          avatar: avatar('ada', 'user'),
        },
      },
    })
  })

  it('are set, changed, shown and taken away', async () => {
    const path = `${users}bob`
    const shown = (role: string) => ({
      ...{ role, name: 'bob', is_robot: false, is_org_member: false },
      avatar: avatar('bob', 'user'),
    })
    await bob.api.get('/api/v1/repository/acme/web', 403)
    expect(await ada.put(path, { role: 'read' })).toEqual(shown('read'))
    expect(await bob.api.get('/api/v1/repository/acme/web')).toMatchObject({ can_write: false })
    expect(await ada.put(path, { role: 'write' })).toEqual(shown('write'))
    expect(await ada.get(path)).toEqual(shown('write'))
    expect(await bob.api.get('/api/v1/repository/acme/web')).toMatchObject({ can_write: true })
    await bob.api.get(users, 403)
    await ada.delete(path)
    await bob.api.get('/api/v1/repository/acme/web', 403)
    expect(await refusal('GET', path)).toEqual([
      ...[400, 'message', 'User does not have permission for repo.'],
    ])
    expect(await refusal('DELETE', path)).toEqual([
      ...[400, 'invalid_request', 'User does not have permission for repo.'],
    ])
  })

  it('are for robots of the same namespace too', async () => {
    expect(await ada.put(`${users}acme+ci`, { role: 'write' })).toEqual({
      ...{ role: 'write', name: 'acme+ci', is_robot: true, is_org_member: true },
      avatar: avatar('acme+ci', 'robot'),
    })
    expect(Object.keys(((await ada.get(users)) as { permissions: object }).permissions)).toEqual([
      ...['acme+ci', 'ada'],
    ])
    await ada.delete(`${users}acme+ci`)
  })

  it('do not tell of an organization at home', async () => {
    const path = '/api/v1/repository/ada/own/permissions/user/bob'
    expect(await ada.put(path, { role: 'read' })).not.toHaveProperty('is_org_member')
    await ada.delete(path)
  })

  it.each([
    ['PUT', `${users}nobody`, 'Invalid username: nobody'],
    ['PUT', `${users}other`, 'Invalid username: other'],
    ['PUT', `${users}other+ci`, 'Cannot add robot other+ci under namespace acme'],
    ['PUT', `${users}acme`, 'Namespace owner must always be admin.'],
    [
      'PUT',
      '/api/v1/repository/ada/own/permissions/user/ada',
      'Namespace owner must always be admin.',
    ],
    [
      'DELETE',
      '/api/v1/repository/ada/own/permissions/user/ada',
      'Namespace owner must always be admin.',
    ],
    ['DELETE', `${users}nobody`, 'User does not have permission for repo.'],
    ['DELETE', `${users}other+ci`, 'User does not have permission for repo.'],
    ['PUT', `${teams}nobody`, 'No team nobody in organization acme'],
    ['DELETE', `${teams}nobody`, 'Team does not have permission for repo.'],
    ['DELETE', `${teams}dev`, 'Team does not have permission for repo.'],
  ])('%s %s says what is wrong', async (method, path, message) => {
    const body = method === 'PUT' ? { role: 'read' } : undefined
    expect(await refusal(method, path, body)).toEqual([400, 'invalid_request', message])
  })

  it('are one of three roles', async () => {
    const answer = await refusal('PUT', `${users}bob`, { role: 'owner' })
    expect(answer[2]).toBe("'owner' is not one of ['read', 'write', 'admin']")
  })
})

describe('permissions of teams', () => {
  it('are set, shown and taken away', async () => {
    const shown = { role: 'write', name: 'dev', avatar: avatar('dev', 'team') }
    expect(await ada.put(`${teams}dev`, { role: 'write' })).toEqual(shown)
    expect(await ada.get(teams)).toEqual({ permissions: { dev: shown } })
    expect(await ada.get(`${teams}dev`)).toEqual({ role: 'write' })
    await ada.delete(`${teams}dev`)
    expect(await refusal('GET', `${teams}dev`)).toEqual([
      ...[400, 'message', 'Team does not have permission for repo.'],
    ])
    expect(await ada.get(teams)).toEqual({ permissions: {} })
  })

  it('count with the own one of an account', async () => {
    const path = `${users}bob/transitive`
    await ada.get(path, 404)
    await ada.get(`${users}nobody/transitive`, 404)
    await ada.put('/api/v1/organization/acme/team/dev/members/bob')
    await ada.put(`${teams}dev`, { role: 'write' })
    expect(await ada.get(path)).toEqual({ permissions: [{ role: 'write' }] })
    await ada.put(`${users}bob`, { role: 'read' })
    expect(await ada.get(path)).toEqual({ permissions: [{ role: 'read' }, { role: 'write' }] })
    expect(await ada.get(`${users}bob`)).toMatchObject({ role: 'read', is_org_member: true })
    await ada.delete(`${users}bob`)
    await ada.delete(`${teams}dev`)
  })
})

describe('default permissions', () => {
  it('are given to new repositories, those of a first push too', async () => {
    await ada.post('/api/v1/organization/acme/prototypes', {
      role: 'read',
      delegate: { kind: 'team', name: 'dev' },
    })
    await ada.put('/api/v1/organization/acme/team/makers', { role: 'creator' })
    await ada.put('/api/v1/organization/acme/team/makers/members/bob')
    await create('acme', 'made')
    await server.client(bob).pushImage('acme/pushed', 'v1', createImage())
    for (const [name, creator] of [
      ['made', 'ada'],
      ['pushed', 'bob'],
    ] as const) {
      const path = `/api/v1/repository/acme/${name}/permissions`
      expect(await ada.get(`${path}/team/dev`)).toEqual({ role: 'read' })
      expect(await ada.get(`${path}/user/${creator}`)).toMatchObject({ role: 'admin' })
    }
  })
})
