import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import type { Response } from '../support/http-request.ts'
import { signUp, type Person } from '../support/people.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

type Login = Pick<Person, 'username' | 'password'>

const folder = createTemporaryFolder('restricted')
let server: TestServer
let digest: string
let labelId: string
let robot: Login
let limited: Login & { readonly api: ApiClient }
let listed: Login & { readonly api: ApiClient }

const start = (config: object) =>
  startTestServer({
    dataDir: folder.join('data'),
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'], ...config }) },
  })

/** What the restricted have was made before they were. */
beforeAll(async () => {
  let logins: readonly [Login, Login]
  {
    await using free = await start({})
    const quay = await free.signedIn()
    const people = [
      await signUp(free, quay, 'limited'),
      await signUp(free, quay, 'listed'),
    ] as const
    logins = people
    const [{ api, username, password }] = people
    digest = await free.client({ username, password }).pushImage('limited/old', 'v1', createImage())
    const label = { key: 'tier', value: 'one', media_type: 'text/plain' }
    const made = (await api.post(labels(), label, 201)) as { label: { id: string } }
    labelId = made.label.id
    const { name, token } = (await api.put('/api/v1/user/robots/ci', {}, 201)) as {
      name: string
      token: string
    }
    robot = { username: name, password: token }
    const path = '/api/v1/repository/limited/old/permissions/user'
    await api.put(`${path}/limited+ci`, { role: 'write' })
    await api.put(`${path}/listed`, { role: 'write' })
  }
  server = await start({
    FEATURE_RESTRICTED_USERS: true,
    RESTRICTED_USERS_WHITELIST: ['listed'],
  })
  limited = { ...logins[0], api: await server.signedIn(logins[0]) }
  listed = { ...logins[1], api: await server.signedIn(logins[1]) }
  await listed.api.post('/api/v1/organization/', { name: 'acme' }, 201)
  await listed.api.put('/api/v1/organization/acme/team/makers', { role: 'creator' })
  await listed.api.put('/api/v1/organization/acme/team/makers/members/limited')
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const labels = () => `/api/v1/repository/limited/old/manifest/${digest}/labels`
const as = ({ username, password }: Login): RegistryClient => server.client({ username, password })
const told = (answer: Response) => [
  answer.status,
  (answer.json() as { error_type?: string; message?: string }).error_type ?? answer.json(),
]
const startUpload = (login: Login, repository: string) =>
  as(login).request('POST', `/v2/${repository}/blobs/uploads/`, {
    headers: { 'content-length': 0 },
  })
const create = (api: ApiClient, namespace: string) =>
  api.request('POST', '/api/v1/repository', {
    ...{ namespace, repository: 'made', visibility: 'private', description: '' },
  })

describe('a restricted person', () => {
  it.each([
    ['POST', '/organization/', { name: 'founded' }],
    [
      'POST',
      '/repository',
      { namespace: 'limited', repository: 'new', visibility: 'private', description: '' },
    ],
    ['PUT', '/user/robots/fresh', {}],
    ['DELETE', '/user/robots/ci', undefined],
    ['POST', '/user/robots/ci/regenerate', undefined],
    ['POST', '/user/robots/ci/federation', [{ issuer: 'https://x.io', subject: 's' }]],
    ['DELETE', '/user/robots/ci/federation', undefined],
  ])('is not allowed to %s %s', async (method, path, body) => {
    const answer = await limited.api.request(method, `/api/v1${path}`, body)
    expect(told(answer)).toEqual([403, 'insufficient_scope'])
  })

  it('changes neither tags nor labels of its own', async () => {
    const repository = '/api/v1/repository/limited/old'
    const answers = [
      await limited.api.request('PUT', `${repository}/tag/v2`, { manifest_digest: digest }),
      await limited.api.request('DELETE', `${repository}/tag/v1`),
      await limited.api.request('POST', `${repository}/tag/v1/restore`, {
        manifest_digest: digest,
      }),
      await limited.api.request('POST', labels(), {
        ...{ key: 'more', value: 'x', media_type: 'text/plain' },
      }),
      await limited.api.request('DELETE', `${labels()}/${labelId}`),
    ]
    const message = 'Operation not allowed on restricted user owned namespace'
    expect(answers.map(told)).toEqual(answers.map(() => [403, { message }]))
    await limited.api.get(`${labels()}/${labelId}`)
  })

  it.each([
    ['in person', () => limited],
    ['by its robot', () => robot],
  ])('pulls what it has and pushes nothing more, %s', async (_how, login) => {
    expect((await as(login()).getManifest('limited/old', 'v1')).status).toBe(200)
    const attempts = [
      await startUpload(login(), 'limited/old'),
      await startUpload(login(), 'limited/new'),
      await as(login()).deleteManifest('limited/old', digest),
      await as(login()).deleteManifest('limited/old', 'v1'),
    ]
    for (const answer of attempts) {
      expect(answer.status).toBe(401)
      expect(answer.json()).toEqual({
        errors: [
          {
            code: 'UNAUTHORIZED',
            message: 'access to the requested resource is not authorized',
            detail: 'Disallowed for restricted users.',
          },
        ],
      })
    }
    const { repositories } = (await limited.api.get('/api/v1/repository?namespace=limited')) as {
      repositories: { name: string }[]
    }
    expect(repositories.map(({ name }) => name)).toEqual(['old'])
  })

  it('draws no token that deletes', async () => {
    const { username, password } = limited
    const header = await as(limited).fetchToken(`${server.urls.https}/v2/auth`, undefined, [
      'repository:limited/old:pull,push,delete,*',
    ])
    const answer = await server
      .client('anonymous')
      .request('DELETE', `/v2/limited/old/manifests/${digest}`, {
        headers: { authorization: header },
      })
    expect(answer.status).toBe(401)
    const still = await server.client({ username, password }).headManifest('limited/old', digest)
    expect(still.status).toBe(200)
  })

  it('works in an organization like everybody', async () => {
    expect((await create(limited.api, 'acme')).status).toBe(201)
    const pushed = await as(limited).pushImage('acme/pushed', 'v1', createImage())
    const repository = '/api/v1/repository/acme/pushed'
    await limited.api.put(`${repository}/tag/v2`, { manifest_digest: pushed }, 201)
    await limited.api.delete(`${repository}/tag/v1`)
    const label = { key: 'tier', value: 'one', media_type: 'text/plain' }
    await limited.api.post(`${repository}/manifest/${pushed}/labels`, label, 201)
  })
})

it('the namespace of the restricted is open to others who were let in', async () => {
  await as(listed).pushImage('limited/old', 'theirs', createImage())
})

it.each([
  ['on the list', () => Promise.resolve(listed)],
  [
    'a superuser',
    async () => ({
      ...{ username: server.username, password: server.password },
      api: await server.signedIn(),
    }),
  ],
])('whoever is %s is not restricted', async (_what, open) => {
  const { api, ...login } = await open()
  const { username } = login
  await api.post('/api/v1/organization/', { name: `${username}-home` }, 201)
  expect((await create(api, username)).status).toBe(201)
  await api.put('/api/v1/user/robots/fresh', {}, 201)
  await api.post('/api/v1/user/robots/fresh/regenerate')
  await api.delete('/api/v1/user/robots/fresh')
  const pushed = await as(login).pushImage(`${username}/pushed`, 'v1', createImage())
  await api.put(`/api/v1/repository/${username}/pushed/tag/v2`, { manifest_digest: pushed }, 201)
})
