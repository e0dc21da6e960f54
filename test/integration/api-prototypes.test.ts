import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Prototype {
  readonly id: string
}

let server: TestServer
let ada: ApiClient
let bob: Person
let eve: ApiClient

const org = '/api/v1/organization/acme'
const path = `${org}/prototypes`

beforeAll(async () => {
  server = await startTestServer({
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'] }) },
  })
  const quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = await signUp(server, quay, 'bob')
  eve = (await signUp(server, quay, 'eve')).api
  await ada.post('/api/v1/organization/', { name: 'acme' }, 201)
  await ada.put(`${org}/team/dev`, { role: 'creator' })
  await ada.put(`${org}/team/dev/members/bob`)
  await ada.put(`${org}/robots/ci`, undefined, 201)
  await eve.put('/api/v1/user/robots/own', undefined, 201)
})
afterAll(() => server.stop())

const add = async (role: string, kind: string, name: string, activating?: string) =>
  (await ada.post(path, {
    ...{ role, delegate: { kind, name } },
    ...(activating !== undefined && { activating_user: { name: activating } }),
  })) as Prototype
const grantsOn = async (repository: string) => {
  const base = `/api/v1/repository/${repository}/permissions`
  const read = async (kind: string) => {
    const { permissions } = (await ada.get(`${base}/${kind}/`)) as {
      permissions: Record<string, { role: string }>
    }
    return Object.fromEntries(Object.entries(permissions).map(([name, { role }]) => [name, role]))
  }
  return { users: await read('user'), teams: await read('team') }
}

it('shows a rule with whom it names', async () => {
  const general = await add('read', 'team', 'dev')
  const own = await add('write', 'team', 'dev', 'bob')
  const toRobot = await add('admin', 'user', 'acme+ci')
  const toEve = await add('read', 'user', 'eve')
  expect(own).toMatchObject({
    role: 'write',
    activating_user: {
      ...{ name: 'bob', is_robot: false, kind: 'user', is_org_member: true },
      avatar: { kind: 'user' },
    },
    delegate: { name: 'dev', kind: 'team', avatar: { kind: 'team' } },
  })
  expect(general).toMatchObject({ activating_user: null })
  expect(toRobot).toMatchObject({
    delegate: { name: 'acme+ci', is_robot: true, kind: 'user', is_org_member: true },
  })
  expect(toEve).toMatchObject({ delegate: { name: 'eve', is_org_member: false } })
  expect(await ada.get(path)).toEqual({ prototypes: [general, own, toRobot, toEve] })
})

it('grants on a pushed and on a created repository, by whoever made it', async () => {
  await server.client(bob).pushImage('acme/pushed', 'latest', createImage())
  expect(await grantsOn('acme/pushed')).toEqual({
    users: { bob: 'admin', 'acme+ci': 'admin', eve: 'read' },
    teams: { dev: 'write' },
  })
  const repository = {
    namespace: 'acme',
    repository: 'made',
    visibility: 'private',
    description: '',
  }
  await ada.post('/api/v1/repository', repository, 201)
  expect(await grantsOn('acme/made')).toEqual({
    users: { ada: 'admin', 'acme+ci': 'admin', eve: 'read' },
    teams: { dev: 'read' },
  })
})

it('changes a role and forgets a rule; what was granted stays', async () => {
  const { prototypes } = (await ada.get(path)) as { prototypes: Prototype[] }
  const [first, ...others] = prototypes
  const changed = await ada.put(`${path}/${first?.id ?? ''}`, { role: 'admin' })
  expect(changed).toEqual({ ...first, role: 'admin' })
  for (const { id } of others) await ada.delete(`${path}/${id}`)
  expect(await ada.get(path)).toEqual({ prototypes: [changed] })
  expect(await grantsOn('acme/made')).toMatchObject({ teams: { dev: 'read' } })
  for (const method of ['PUT', 'DELETE']) {
    const body = method === 'PUT' ? { role: 'read' } : undefined
    const gone = await ada.request(method, `${path}/${others[0]?.id ?? ''}`, body)
    expect([gone.status, gone.json()]).toMatchObject([404, { error_type: 'not_found' }])
  }
})

it.each([
  [{ role: 'read', delegate: { kind: 'user', name: 'nobody' } }, 'Missing delegate user or team'],
  [{ role: 'read', delegate: { kind: 'user', name: 'eve+own' } }, 'Missing delegate user or team'],
  [{ role: 'read', delegate: { kind: 'user', name: 'acme' } }, 'Missing delegate user or team'],
  [
    {
      ...{ role: 'read', delegate: { kind: 'team', name: 'dev' } },
      activating_user: { name: 'nobody' },
    },
    'Unknown activating user',
  ],
  [{ delegate: { kind: 'team', name: 'dev' } }, "'role' is a required property"],
  [{ role: 'own', delegate: { kind: 'team', name: 'dev' } }, /^'own' is not one of \['read'/],
])('refuses %j', async (body, detail) => {
  const answer = await ada.request('POST', path, body)
  expect(answer.status).toBe(400)
  expect((answer.json() as { detail: string }).detail).toEqual(
    typeof detail === 'string' ? detail : (expect.stringMatching(detail) as string),
  )
})

it('refuses an unknown team in a message', async () => {
  const body = { role: 'read', delegate: { kind: 'team', name: 'none' } }
  const answer = await ada.request('POST', path, body)
  expect(answer.status).toBe(400)
  expect(Object.keys(answer.json() as object)).toEqual(['message'])
})

it('is for admins only', async () => {
  for (const api of [bob.api, eve]) {
    expect((await api.request('GET', path)).status).toBe(403)
    const body = { role: 'read', delegate: { kind: 'team', name: 'dev' } }
    expect((await api.request('POST', path, body)).status).toBe(403)
  }
})
