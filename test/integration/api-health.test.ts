import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  const settings = { SUPER_USERS: ['quay'], FEATURE_ANONYMOUS_ACCESS: false }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
})
afterAll(() => server.stop())

const instance = {
  auth: true,
  database: true,
  disk_space: true,
  registry_gunicorn: true,
  service_key: true,
  web_gunicorn: true,
}
const endToEnd = { auth: true, database: true, redis: true, storage: true }

describe('the health of the server', () => {
  it.each([
    ['/health', instance],
    ['/health/instance', instance],
    ['/health/endtoend', endToEnd],
    ['/status', endToEnd],
    ['/health/warning', { disk_space_warning: true, certificate: true }],
  ])('is told to everybody under %s', async (path, services) => {
    expect(await server.api().get(path)).toEqual({ data: { services }, status_code: 200 })
  })

  it('opens in a browser', async () => {
    const headers = { 'user-agent': 'Mozilla/5.0 Firefox/140.0' }
    const answer = await server.api().request('GET', '/health', undefined, headers)
    expect(answer.status).toBe(200)
  })

  it('is told to superusers in detail', async () => {
    const api = await server.signedIn()
    expect(await api.get('/health')).toMatchObject({
      data: { services: instance, services_expanded: { database: { status: true } }, notes: [] },
    })
  })

  it('answers a ping', async () => {
    const answer = await server.api().request('GET', '/_internal_ping')
    expect([answer.status, answer.text()]).toEqual([200, 'true'])
  })
})

describe('the well-known pages', () => {
  it('say where an image is shown', async () => {
    const { capabilities } = (await server.api().get('/.well-known/app-capabilities')) as {
      capabilities: Record<string, Record<string, string>>
    }
    expect(capabilities['io.quay.view-image']?.['url-template']).toMatch(
      /^https:\/\/.+\/\{namespace\}\/\{reponame\}:\{tag\}$/,
    )
  })

  it('lead somebody who is signed in to the page that changes a password', async () => {
    const api = await server.signedIn()
    const answer = await api.request('GET', '/.well-known/change-password')
    expect(answer.status).toBe(302)
    expect(answer.headers.location).toMatch(/\/user\/quay\?tab=settings$/)
    expect((await server.api().request('GET', '/.well-known/change-password')).status).toBe(401)
  })
})
