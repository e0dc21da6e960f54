import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        FEATURE_ANONYMOUS_ACCESS: false,
        FEATURE_USER_METADATA: true,
        REGISTRY_TITLE: 'Harbour',
        TAG_EXPIRATION_OPTIONS: ['0s', '36h', '2w'],
        MAIL_PASSWORD: 'a-secret-for-mail',
      }),
    },
  })
})
afterAll(() => server.stop())

interface Answer {
  readonly config: Record<string, unknown>
  readonly features: Record<string, boolean>
}

it('tells everybody, browsers too, what is switched on', async () => {
  const answer = await server.api().request('GET', '/config', undefined, {
    'user-agent': 'Mozilla/5.0',
  })
  expect(answer.status).toBe(200)
  const { config, features, ...rest } = answer.json() as Answer
  expect(features).toMatchObject({
    ...{ USER_METADATA: true, ANONYMOUS_ACCESS: false, ASSIGN_OAUTH_TOKEN: true },
    ...{ BILLING: false, BUILD_SUPPORT: false, ORG_MIRROR: false },
  })
  expect(Object.keys(features).length).toBeGreaterThan(90)
  expect(config).toMatchObject({
    REGISTRY_TITLE: 'Harbour',
    AUTHENTICATION_TYPE: 'Database',
    TAG_EXPIRATION_OPTIONS: ['0s', '36h', '2w'],
    FEATURE_ASSIGN_OAUTH_TOKEN: true,
    LOCAL_OAUTH_HANDLER: '/oauth/localapp',
  })
  expect(rest).toEqual({
    ...{ oauth: {}, external_login: [], registry_state: 'normal', account_recovery_mode: false },
    version_number: expect.stringMatching(/^Mooring v\d+\.\d+\.\d+/) as string,
  })
})

it('tells no secret', async () => {
  const text = (await server.api().request('GET', '/config')).text()
  expect(text).not.toMatch(/a-secret-for-mail|SECRET_KEY|PASSWORD|DB_URI/)
})
