import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Robot {
  readonly name: string
  readonly token: string
}

let server: TestServer
let quay: ApiClient
let ada: ApiClient
let bob: ApiClient
let auditor: ApiClient
let limited: ApiClient

const own = '/api/v1/user/robots'
const org = '/api/v1/organization/acme'
const robots = `${org}/robots`

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        GLOBAL_READONLY_SUPER_USERS: ['auditor'],
        FEATURE_RESTRICTED_USERS: true,
        RESTRICTED_USERS_WHITELIST: ['ada', 'bob', 'auditor'],
      }),
    },
  })
  quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = (await signUp(server, quay, 'bob')).api
  auditor = (await signUp(server, quay, 'auditor')).api
  limited = (await signUp(server, quay, 'limited')).api
  await ada.post('/api/v1/organization/', { name: 'acme' }, 201)
  await ada.put(`${org}/team/dev`, { role: 'member' })
  await ada.put(`${org}/team/dev/members/bob`)
})
afterAll(() => server.stop())

const told = (answer: { status: number; json(): unknown }) => {
  const { detail, message } = answer.json() as { detail?: string; message?: string }
  return [answer.status, message === undefined ? { detail } : { message }]
}
const unknown = [400, { message: 'Could not find robot with specified username' }]

describe.each([
  ['of a person', own, 'ada', 'rob1'],
  ['of an organization', robots, 'acme', 'rob2'],
])('a robot %s', (_what, path, namespace, name) => {
  it('is created with what is said about it, and shown with its token', async () => {
    const about = { description: 'deploys', unstructured_metadata: { ticket: 5 } }
    const created = (await ada.put(`${path}/${name}`, about, 201)) as Robot
    expect(created).toEqual({
      ...{ name: `${namespace}+${name}`, last_accessed: null, ...about },
      created: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} -0000$/) as string,
      token: expect.stringMatching(/^[A-Z0-9]{64}$/) as string,
    })
    expect(await ada.get(`${path}/${name}`)).toEqual(created)
  })

  it.each([
    ['', 'Existing robot with name: NS+NAME'],
    [
      'A',
      "The name for the robot 'A' is invalid: Namespace must be between 2 and 255 characters in length",
    ],
    [
      'a b',
      "The name for the robot 'a b' is invalid: Namespace must match expression ^([a-z0-9]+(?:[._-][a-z0-9]+)*)$",
    ],
  ])('is not called %j', async (other, detail) => {
    const asked = encodeURIComponent(other === '' ? name : other)
    expect(told(await ada.request('PUT', `${path}/${asked}`))).toEqual([
      400,
      { detail: detail.replace('NS', namespace).replace('NAME', name) },
    ])
  })

  it('has no long description, and no endless metadata', async () => {
    const put = (body: object) => ada.request('PUT', `${path}/other`, body)
    expect((await put({ description: 'x'.repeat(256) })).status).toBe(400)
    expect((await put({ unstructured_metadata: [] })).status).toBe(400)
    const text = 'x'.repeat(1024 * 1024)
    expect((await put({ unstructured_metadata: { text } })).status).toBe(400)
    expect((await ada.request('GET', `${path}/other`)).status).toBe(400)
  })

  it('gets a new token, which replaces the old one', async () => {
    const before = (await ada.get(`${path}/${name}`)) as Robot
    const after = (await ada.post(`${path}/${name}/regenerate`)) as Robot
    expect(Object.keys(after).sort()).toEqual([
      ...['created', 'description', 'last_accessed', 'name', 'token'],
    ])
    expect(after.token).not.toBe(before.token)
    expect(((await ada.get(`${path}/${name}`)) as Robot).token).toBe(after.token)
  })

  it('is told whose tokens it may use', async () => {
    const federation = `${path}/${name}/federation`
    const entry = { issuer: 'https://token.example.com', subject: 'repo:acme/web' }
    expect(await ada.get(federation)).toEqual([])
    expect(await ada.post(federation, [entry])).toEqual([entry])
    const other = { ...entry, subject: 'repo:acme/api' }
    expect(await ada.post(federation, [other])).toEqual([other])
    expect(await ada.get(federation)).toEqual([other])
    for (const [body, detail] of [
      [[{ issuer: 'https://x.io' }], 'Missing one or more required fields (issuer, subject)'],
      [[{ issuer: 'ftp://x.io', subject: 's' }], 'Issuer must be a URL (http:// or https://)'],
      [[entry, entry], 'Duplicate federation config entry'],
      [{}, "{} is not of type 'array'"],
    ] as const) {
      expect(told(await ada.request('POST', federation, body))).toEqual([400, { detail }])
    }
    await ada.delete(federation)
    expect(await ada.get(federation)).toEqual([])
  })

  it('that is unknown is answered in a message', async () => {
    for (const [method, rest] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/regenerate'],
      ['GET', '/permissions'],
      ['GET', '/federation'],
      ['DELETE', '/federation'],
    ] as const) {
      expect(told(await ada.request(method, `${path}/none${rest}`))).toEqual(unknown)
    }
    expect(told(await ada.request('POST', `${path}/none/federation`, []))).toEqual(unknown)
  })

  it('is deleted', async () => {
    await ada.put(`${path}/brief`, {}, 201)
    await ada.delete(`${path}/brief`)
    expect(told(await ada.request('GET', `${path}/brief`))).toEqual(unknown)
  })
})

describe('the robots of an organization', () => {
  it('hold roles, which they list', async () => {
    const repository = {
      namespace: 'acme',
      repository: 'web',
      visibility: 'private',
      description: '',
    }
    await ada.post('/api/v1/repository', repository, 201)
    await ada.put('/api/v1/repository/acme/web/permissions/user/acme+rob2', { role: 'write' })
    await ada.put(`${org}/team/dev/members/acme+rob2`)
    expect(await ada.get(`${robots}/rob2/permissions`)).toEqual({
      permissions: [{ repository: { name: 'web', is_public: false }, role: 'write' }],
    })
    const { token } = (await ada.get(`${robots}/rob2`)) as Robot
    const docker = server.client({ username: 'acme+rob2', password: token })
    await docker.pushImage('acme/web', 'latest', createImage())
  })

  it('show their tokens to admins only', async () => {
    const [robot] = ((await ada.get(robots)) as { robots: Robot[] }).robots
    expect(robot).toMatchObject({ name: 'acme+rob2', token: expect.any(String) as string })
    expect(robot).not.toHaveProperty('unstructured_metadata')
    expect(robot).not.toHaveProperty('teams')
    const seen = async (api: ApiClient) =>
      ((await api.get(`${robots}?permissions=true`)) as { robots: object[] }).robots[0]
    const held = { teams: [{ name: 'dev' }], repositories: ['web'] }
    expect(await seen(ada)).toMatchObject({ ...held, token: robot?.token })
    expect(await seen(auditor)).toMatchObject(held)
    expect(await seen(auditor)).not.toHaveProperty('token')
    expect(Object.keys((await seen(bob)) ?? {}).sort()).toEqual([
      ...['created', 'description', 'last_accessed', 'name'],
    ])
    expect(await auditor.get(`${robots}/rob2`)).not.toHaveProperty('token')
    expect((await ada.get(`${robots}?token=false`)) as object).toEqual(await bob.get(robots))
  })

  it('are listed as far as asked', async () => {
    await ada.put(`${robots}/another`, {}, 201)
    const listed = async (query: string) =>
      ((await ada.get(`${robots}?${query}`)) as { robots: Robot[] }).robots.map(({ name }) => name)
    expect(await listed('')).toEqual(['acme+another', 'acme+rob2'])
    expect(await listed('limit=1')).toEqual(['acme+another'])
    expect((await ada.request('GET', `${robots}?limit=many`)).status).toBe(400)
  })

  it('are changed by admins only', async () => {
    for (const api of [bob, auditor, quay]) {
      for (const [method, path] of [
        ['PUT', `${robots}/mine`],
        ['DELETE', `${robots}/rob2`],
        ['POST', `${robots}/rob2/regenerate`],
        ['DELETE', `${robots}/rob2/federation`],
      ] as const) {
        expect([path, (await api.request(method, path)).status]).toEqual([path, 403])
      }
    }
    expect((await bob.request('GET', `${robots}/rob2`)).status).toBe(403)
    const refused = await bob.request('GET', `${robots}/rob2/permissions`)
    expect(told(refused)).toEqual([403, { message: 'Unauthorized' }])
  })
})

it('a restricted person makes no robots', async () => {
  const answer = await limited.request('PUT', `${own}/mine`)
  expect(told(answer)).toEqual([403, { detail: 'Unauthorized' }])
  expect(await limited.get(own)).toEqual({ robots: [] })
})

it('robots of one person are none of another', async () => {
  expect(told(await bob.request('GET', `${own}/rob1`))).toEqual(unknown)
  expect(await bob.get(own)).toEqual({ robots: [] })
})

it('what became of a robot is in the log', async () => {
  const { logs } = (await ada.get(`${org}/logs`)) as { logs: { kind: string; metadata: object }[] }
  const about = logs
    .filter(({ kind }) => /robot/.test(kind))
    .map(({ kind, metadata }) => [kind, metadata])
  expect(about).toContainEqual([
    'create_robot',
    { robot: 'rob2', description: 'deploys', unstructured_metadata: { ticket: 5 } },
  ])
  expect(about).toContainEqual(['regenerate_robot_token', { robot: 'rob2' }])
  expect(about).toContainEqual(['delete_robot_federation', { robot: 'rob2' }])
  expect(about).toContainEqual([
    'create_robot_federation',
    {
      config: [{ issuer: 'https://token.example.com', subject: 'repo:acme/web' }],
      robot: 'rob2',
    },
  ])
})
