import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { signUp } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Listed {
  readonly repositories: readonly { readonly name: string }[]
  readonly next_page?: string
}

let server: TestServer
let ada: ApiClient
let bob: ApiClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'], FEATURE_MAILING: false }),
    },
  })
  const quay = await server.signedIn()
  ada = (await signUp(server, quay, 'ada')).api
  bob = (await signUp(server, quay, 'bob')).api
  await create('web', 'public')
  await create('secret', 'private')
})
afterAll(() => server.stop())

const create = (repository: string, visibility: string) =>
  ada.post('/api/v1/repository', { repository, visibility, description: 'told' }, 201)
const star = (api: ApiClient, repository: string, status = 201, namespace = 'ada') =>
  api.post('/api/v1/user/starred', { namespace, repository }, status)
const starred = async (api: ApiClient, query = '') =>
  (await api.get(`/api/v1/user/starred${query}`)) as Listed

describe('stars', () => {
  it('mark a repository for one person', async () => {
    expect(await star(bob, 'web')).toEqual({ namespace: 'ada', repository: 'web' })
    expect(await star(bob, 'web')).toEqual({ namespace: 'ada', repository: 'web' })
    expect(await starred(bob)).toEqual({
      repositories: [{ namespace: 'ada', name: 'web', description: 'told', is_public: true }],
    })
    expect(await starred(ada)).toEqual({ repositories: [] })
    expect(await bob.get('/api/v1/repository/ada/web')).toMatchObject({ is_starred: true })
    expect(await bob.get('/api/v1/repository?starred=true')).toMatchObject({
      repositories: [{ name: 'web', is_starred: true }],
    })
    await bob.delete('/api/v1/user/starred/ada/web')
    await bob.delete('/api/v1/user/starred/ada/web')
    expect(await starred(bob)).toEqual({ repositories: [] })
  })

  it('do not tell whether a repository is there', async () => {
    for (const repository of ['secret', 'missing', '%', 'a b']) {
      expect(await star(bob, repository, 200)).toBeNull()
      const path = `/api/v1/user/starred/ada/${encodeURIComponent(repository)}`
      expect(await bob.delete(path, 200)).toBeNull()
    }
  })

  it('are not seen while the repository is not', async () => {
    const path = '/api/v1/repository/ada/web/changevisibility'
    await star(bob, 'web')
    await ada.post(path, { visibility: 'private' })
    expect(await starred(bob)).toEqual({ repositories: [] })
    await ada.post(path, { visibility: 'public' })
    expect((await starred(bob)).repositories).toHaveLength(1)
    await ada.post(path, { visibility: 'private' })
    await bob.delete('/api/v1/user/starred/ada/web')
    await ada.post(path, { visibility: 'public' })
    expect(await starred(bob)).toEqual({ repositories: [] })
  })

  it('go with the repository', async () => {
    await create('short-lived', 'public')
    await star(bob, 'short-lived')
    await ada.delete('/api/v1/repository/ada/short-lived')
    expect(await starred(bob)).toEqual({ repositories: [] })
  })

  it('come in pages', async () => {
    const names = Array.from({ length: 101 }, (_, at) => `page-${String(at)}`)
    for (const name of names) {
      await create(name, 'private')
      await star(ada, name)
    }
    const first = await starred(ada)
    const token = encodeURIComponent(first.next_page ?? '')
    const second = await starred(ada, `?next_page=${token}`)
    expect(second.next_page).toBeUndefined()
    expect([...first.repositories, ...second.repositories].map(({ name }) => name)).toEqual(names)
    const listed = (await ada.get(`/api/v1/repository?starred=true`)) as Listed
    expect(listed.repositories).toHaveLength(100)
    // A token of another list means the first page.
    const foreign = (await ada.get(`/api/v1/repository?starred=true&next_page=${token}`)) as Listed
    expect(foreign.repositories).toHaveLength(100)
  })

  it('need a login', async () => {
    await server.api().get('/api/v1/user/starred', 401)
  })
})
