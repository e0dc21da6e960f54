import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../support/content.ts'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { createToken } from '../support/world.ts'

type Login = Pick<Person, 'username' | 'password'>

const org = '/api/v1/organization/acme'
let server: TestServer
let ada: Person
let bob: Person

beforeAll(async () => {
  server = await startTestServer({
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify({ SUPER_USERS: ['quay'] }) },
  })
  const quay = await server.signedIn()
  ada = await signUp(server, quay, 'ada')
  bob = await signUp(server, quay, 'bob')
  await ada.api.post('/api/v1/organization/', { name: 'acme' }, 201)
})
afterAll(() => server.stop())

/** Keeps the tokens that it draws. A role is in such a token for its hour, so who asks anew is new. */
const clientOf = ({ username, password }: Login) => server.client({ username, password })
type Client = ReturnType<typeof clientOf>

/** The answer of the registry or, if that gave no token to ask with, of the token service. */
async function statusOf(asked: Promise<{ readonly status: number }>): Promise<number> {
  try {
    return (await asked).status
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    const status = /^the token service answered (\d+)/.exec(message)?.[1]
    if (status === undefined) throw error
    return Number(status)
  }
}
const pulls = (client: Client, repository: string) => statusOf(client.getManifest(repository, 'v1'))
const pushes = (client: Client, repository: string) =>
  statusOf(
    client.request('POST', `/v2/${repository}/blobs/uploads/`, {
      headers: { 'content-length': 0 },
    }),
  )
/** What a lost right answers, which it may take a few seconds to do. */
const refusal = (ask: () => Promise<number>) =>
  until(
    'the registry to refuse',
    async () => {
      const status = await ask()
      return status < 400 ? undefined : status
    },
    { everyMs: 200 },
  )

async function createRepository(repository: string): Promise<void> {
  const about = { namespace: 'acme', visibility: 'private', description: '' }
  await ada.api.post('/api/v1/repository', { ...about, repository }, 201)
  await clientOf(ada).pushImage(`acme/${repository}`, 'v1', createImage())
}

describe('a team with the right to write', () => {
  beforeAll(async () => {
    await createRepository('web')
    await ada.api.put(`${org}/team/dev`, { role: 'member' })
  })
  const grant = '/api/v1/repository/acme/web/permissions/team/dev'
  const member = `${org}/team/dev/members/bob`

  it('lets its members push and pull, and nobody else', async () => {
    await ada.api.put(grant, { role: 'write' })
    expect(await pulls(clientOf(bob), 'acme/web')).toBe(401)
    await ada.api.put(member)
    await clientOf(bob).pushImage('acme/web', 'theirs', createImage())
    expect(await pulls(clientOf(bob), 'acme/web')).toBe(200)
  })

  it('lets them only pull with a lower role', async () => {
    await ada.api.put(grant, { role: 'read' })
    expect(await refusal(() => pushes(clientOf(bob), 'acme/web'))).toBe(401)
    expect(await pulls(clientOf(bob), 'acme/web')).toBe(200)
    await ada.api.put(grant, { role: 'write' })
    expect(await pushes(clientOf(bob), 'acme/web')).toBe(202)
  })

  it('is of no use to who left it', async () => {
    await ada.api.delete(member)
    expect(await refusal(() => pulls(clientOf(bob), 'acme/web'))).toBe(401)
    expect(await pushes(clientOf(bob), 'acme/web')).toBe(401)
    await ada.api.put(member)
    expect(await pulls(clientOf(bob), 'acme/web')).toBe(200)
  })

  it('is of no use when the right was taken from it', async () => {
    await ada.api.delete(grant)
    expect(await refusal(() => pulls(clientOf(bob), 'acme/web'))).toBe(401)
    expect(await pushes(clientOf(bob), 'acme/web')).toBe(401)
  })
})

describe('a default permission for a robot', () => {
  let robot: Login
  beforeAll(async () => {
    const { name, token } = (await ada.api.put(`${org}/robots/ci`, {}, 201)) as {
      name: string
      token: string
    }
    robot = { username: name, password: token }
    await clientOf(ada).pushImage('acme/before', 'v1', createImage())
    const delegate = { kind: 'user', name }
    await ada.api.post(`${org}/prototypes`, { role: 'read', delegate })
    await clientOf(ada).pushImage('acme/after', 'v1', createImage())
  })

  it('lets it pull what a push created since, and not push', async () => {
    expect(await pulls(clientOf(robot), 'acme/after')).toBe(200)
    expect(await pushes(clientOf(robot), 'acme/after')).toBe(401)
    expect(await pulls(clientOf(robot), 'acme/before')).toBe(401)
  })

  it('is a right like any other, which can be taken back', async () => {
    await ada.api.delete(`/api/v1/repository/acme/after/permissions/user/${robot.username}`)
    expect(await refusal(() => pulls(clientOf(robot), 'acme/after'))).toBe(401)
  })

  it('does not help a robot whose token was replaced', async () => {
    await clientOf(ada).pushImage('acme/later', 'v1', createImage())
    expect(await pulls(clientOf(robot), 'acme/later')).toBe(200)
    const { token } = (await ada.api.post(`${org}/robots/ci/regenerate`)) as { token: string }
    expect(await refusal(() => pulls(clientOf(robot), 'acme/later'))).toBe(401)
    robot = { ...robot, password: token }
    const status = await until('the throttle to let go', async () => {
      const answer = await pulls(clientOf(robot), 'acme/later')
      return answer === 429 ? undefined : answer
    })
    expect(status).toBe(200)
  })

  it('does not help a robot that was deleted, whatever token it drew before', async () => {
    const working = clientOf(robot)
    expect(await pulls(working, 'acme/later')).toBe(200)
    await ada.api.delete(`${org}/robots/ci`)
    expect(await refusal(() => pulls(working, 'acme/later'))).toBe(401)
  })
})

describe('an app token', () => {
  it('pushes and pulls as its user until it is revoked', async () => {
    const { token } = (await bob.api.post('/api/v1/user/apptoken', { title: 'laptop' })) as {
      token: { uuid: string; token_code: string }
    }
    const laptop = clientOf({ username: '$app', password: token.token_code })
    await laptop.pushImage('bob/own', 'v1', createImage())
    expect(await pulls(laptop, 'bob/own')).toBe(200)
    expect(await pulls(laptop, 'acme/before')).toBe(401)

    await bob.api.delete(`/api/v1/user/apptoken/${token.uuid}`)
    expect(await refusal(() => pulls(laptop, 'bob/own'))).toBe(401)
    expect(await refusal(() => pushes(laptop, 'bob/own'))).toBe(401)
  })
})

describe('an OAuth token', () => {
  let application: string
  beforeAll(async () => {
    await createRepository('api')
    const body = { name: 'tool', redirect_uri: 'https://tool.invalid/back' }
    const made = (await ada.api.post(`${org}/applications`, body)) as { client_id: string }
    application = made.client_id
  })

  const draw = async (scope: string) =>
    clientOf({
      username: '$oauthtoken',
      password: await createToken(ada.api, 'acme', application, scope),
    })
  async function revoke(scope: string): Promise<void> {
    const path = `${org}/applications/${application}/tokens`
    const { tokens } = (await ada.api.get(path)) as { tokens: { uuid: string; name: string }[] }
    const token = tokens.find(({ name }) => name === scope)
    await ada.api.delete(`${path}/${token?.uuid ?? ''}`)
  }

  it('for reading pulls and does not push, until it is revoked', async () => {
    const tool = await draw('repo:read')
    expect(await pulls(tool, 'acme/api')).toBe(200)
    expect(await pushes(tool, 'acme/api')).toBe(401)
    await revoke('repo:read')
    expect(await refusal(() => pulls(tool, 'acme/api'))).toBe(401)
  })

  it('for writing pushes too, until it is revoked, and creates nothing', async () => {
    const tool = await draw('repo:write')
    await tool.pushImage('acme/api', 'v1', createImage())
    expect(await pulls(tool, 'acme/api')).toBe(200)
    expect(await pushes(tool, 'acme/unheard-of')).toBe(401)
    await revoke('repo:write')
    expect(await refusal(() => pushes(tool, 'acme/api'))).toBe(401)
    expect(await refusal(() => pulls(tool, 'acme/api'))).toBe(401)
  })

  it('dies with its application', async () => {
    const tool = await draw('repo:read')
    expect(await pulls(tool, 'acme/api')).toBe(200)
    await ada.api.delete(`${org}/applications/${application}`)
    expect(await refusal(() => pulls(tool, 'acme/api'))).toBe(401)
  })
})
