import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createImage } from '../support/content.ts'
import { startIssuer, type Issuer } from '../support/open-id-issuer.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let issuer: Issuer
let liar: Issuer
let server: TestServer
let root: ApiClient
const robot = 'quay+ci'
const image = createImage()

beforeAll(async () => {
  issuer = await startIssuer()
  liar = await startIssuer({ issuer: issuer.url })
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        SSRF_ALLOWED_HOSTS: ['127.0.0.1'],
      }),
    },
  })
  root = await server.signedIn()
  for (const name of ['ci', 'other']) await root.put(`/api/v1/user/robots/${name}`, {}, 201)
  await trust([
    { issuer: issuer.url, subject: 'job' },
    { issuer: liar.url, subject: 'job' },
    { issuer: 'http://localhost:9', subject: 'job' },
  ])
  await server.client().pushImage('quay/web', 'v1', image)
  await root.put('/api/v1/repository/quay/web/permissions/user/quay+ci', { role: 'read' })
})
afterAll(async () => {
  await server.stop()
  await issuer.stop()
  await liar.stop()
})

const trust = (entries: readonly { issuer: string; subject: string }[]) =>
  root.post('/api/v1/user/robots/ci/federation', entries)

async function exchange(token: string, username = robot) {
  const basic = Buffer.from(`${username}:${token}`).toString('base64')
  const answer = await server.api().request('GET', '/oauth2/federation/robot/token', undefined, {
    authorization: `Basic ${basic}`,
  })
  return { status: answer.status, ...(answer.json() as { token?: string; error?: string }) }
}
const pull = async (password: string, username = robot) =>
  (await server.client({ username, password }).getManifest('quay/web', 'v1')).status

describe('a token of a trusted issuer', () => {
  it('becomes a password of the robot', async () => {
    const { status, token = '' } = await exchange(await issuer.sign())
    expect(status).toBe(200)
    expect(await pull(token)).toBe(200)
    const entry = await until('the exchange to be logged', async () => {
      const { logs } = (await root.get('/api/v1/user/logs')) as {
        logs: { kind: string; metadata: object }[]
      }
      return logs.find(({ kind }) => kind === 'federated_robot_token_exchange')
    })
    expect(entry.metadata).toEqual({ issuer: issuer.url, subject: 'job', robot: 'ci' })
  })

  it('is verified with keys that were asked for once', async () => {
    await exchange(await issuer.sign())
    const before = issuer.asked()
    await exchange(await issuer.sign())
    for (let count = 0; count < 5; count++) await exchange(await issuer.sign({ kid: 'unknown' }))
    expect(issuer.asked()).toBe(before)
  })

  it.each([
    ['for somebody else', () => issuer.sign({ subject: 'another job' })],
    ['that has expired', () => issuer.sign({ life: -60 })],
    ['of an issuer that is not trusted', () => issuer.sign({ issuer: 'https://elsewhere.test' })],
    ['with a signature of another', () => liar.sign({ issuer: issuer.url })],
    ['of an issuer that calls itself another', () => liar.sign()],
    ['of an issuer inside our network', () => issuer.sign({ issuer: 'http://localhost:9' })],
    ['that is none', () => Promise.resolve('nonsense')],
  ])('is refused %s', async (_what, sign) => {
    const { status, error, token } = await exchange(await sign())
    expect([status, typeof error, token]).toEqual([401, 'string', undefined])
  })

  it('is refused for another robot, an unknown one, and without credentials', async () => {
    expect((await exchange(await issuer.sign(), 'quay+other')).status).toBe(401)
    expect((await exchange(await issuer.sign(), 'quay+nobody')).status).toBe(401)
    const bare = await server.api().request('GET', '/oauth2/federation/robot/token')
    expect(bare.status).toBe(401)
  })
})

describe('the password of a robot for an hour', () => {
  it('is for that robot, in the place of its password only', async () => {
    const { token = '' } = await exchange(await issuer.sign())
    await expect(pull(token, 'quay+other')).rejects.toThrow('Token does not match robot')
    const asBearer = await server.api(token).request('GET', '/v2/')
    expect(asBearer.status).toBe(401)
  })

  it('is not a token of the registry', async () => {
    const { token = '' } = await exchange(await issuer.sign())
    const basic = Buffer.from(`${robot}:${token}`).toString('base64')
    const answer = await server
      .api()
      .request('GET', '/v2/auth', undefined, { authorization: `Basic ${basic}` })
    const registryToken = (answer.json() as { token: string }).token
    await expect(pull(registryToken)).rejects.toThrow(/401/)
  })

  it('ends with the trust in its issuer', async () => {
    const { token = '' } = await exchange(await issuer.sign())
    await trust([{ issuer: issuer.url, subject: 'another job' }])
    // The failure before slows the next login down for a moment.
    await until('the refusal', async () => {
      const message = await pull(token).then(String, String)
      return message.includes('Token does not match robot') ? true : undefined
    })
  })
})
