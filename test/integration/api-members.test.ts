import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let quay: ApiClient
let ada: ApiClient
let bob: ApiClient

const org = '/api/v1/organization/acme'
const members = `${org}/members`

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_SUPERUSERS_ORG_CREATION_ONLY: true,
      }),
    },
  })
  quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = (await signUp(server, quay, 'bob')).api
  await signUp(server, quay, 'eve')
  await quay.post('/api/v1/organization/', { name: 'acme' }, 201)
  await quay.put(`${org}/team/owners/members/ada`)
  await ada.delete(`${members}/quay`)
  await ada.put(`${org}/robots/ci`, undefined, 201)
  for (const team of ['dev', 'ops']) {
    await ada.put(`${org}/team/${team}`, { role: 'member' })
    await ada.put(`${org}/team/${team}/members/bob`)
  }
  await ada.put(`${org}/team/dev/members/acme+ci`)
  const repository = {
    namespace: 'acme',
    repository: 'web',
    visibility: 'private',
    description: '',
  }
  await ada.post('/api/v1/repository', repository, 201)
  for (const name of ['bob', 'acme+ci']) {
    await ada.put(`/api/v1/repository/acme/web/permissions/user/${name}`, { role: 'write' })
  }
})
afterAll(() => server.stop())

it('only superusers found organizations when the switch says so', async () => {
  const answer = await ada.request('POST', '/api/v1/organization/', { name: 'other' })
  expect(answer.status).toBe(403)
  expect(answer.json()).toMatchObject({ error_type: 'insufficient_scope', detail: 'Unauthorized' })
})

it('lists the people of all teams, with their teams and their own grants', async () => {
  expect(await ada.get(members)).toMatchObject({
    members: [
      { name: 'ada', kind: 'user', teams: [{ name: 'owners' }], repositories: ['web'] },
      {
        ...{ name: 'bob', kind: 'user', avatar: { name: 'bob', kind: 'user' } },
        teams: [{ name: 'dev', avatar: { kind: 'team' } }, { name: 'ops' }],
        repositories: ['web'],
      },
    ],
  })
})

it('shows one of them, or a robot, and nobody else', async () => {
  expect(await ada.get(`${members}/bob`)).toMatchObject({ name: 'bob', kind: 'user' })
  expect(await ada.get(`${members}/acme+ci`)).toMatchObject({
    ...{ name: 'acme+ci', kind: 'robot', teams: [{ name: 'dev' }], repositories: ['web'] },
  })
  for (const name of ['eve', 'nobody', 'acme']) {
    expect((await ada.request('GET', `${members}/${name}`)).status).toBe(404)
  }
})

it('is for admins only', async () => {
  for (const api of [bob, quay]) {
    expect((await api.request('GET', members)).status).toBe(403)
    expect((await api.request('GET', `${members}/bob`)).status).toBe(403)
    expect((await api.request('DELETE', `${members}/ada`)).status).toBe(403)
  }
  expect((await ada.request('GET', '/api/v1/organization/none/members')).status).toBe(403)
})

it('keeps the only admin', async () => {
  const answer = await ada.request('DELETE', `${members}/ada`)
  expect([answer.status, answer.json()]).toEqual([
    400,
    { message: 'Cannot remove user as they are the only organization admin' },
  ])
})

it('takes somebody out of every team and off every repository', async () => {
  const repository = '/api/v1/repository/acme/web'
  expect((await bob.request('GET', repository)).status).toBe(200)
  await ada.delete(`${members}/bob`)
  expect((await bob.request('GET', repository)).status).toBe(403)
  expect(await bob.get(org)).toMatchObject({ is_member: false })
  expect((await ada.request('GET', `${members}/bob`)).status).toBe(404)
  expect((await ada.request('DELETE', `${members}/nobody`)).status).toBe(404)
})
