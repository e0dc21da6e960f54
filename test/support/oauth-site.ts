import type { ApiClient } from './api-client.ts'
import { signUp } from './people.ts'
import { startTestServer, type TestServer } from './server.ts'

export const home = 'https://ci.example.com/cb'
/** Of an organization that `ada` owns. */
export const applications = '/api/v1/organization/acme/applications'

export const basic = (username: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`,
})

export interface Application {
  readonly client_id: string
  readonly client_secret: string
}

export interface Token {
  readonly uuid: string
  readonly token: string
}

export interface OauthSite {
  readonly server: TestServer
  readonly root: ApiClient
  readonly ada: ApiClient
  /** No member of the organization. */
  readonly bob: ApiClient
  readonly application: Application
  /** A token of `ada` by the application. */
  readonly draw: (scope: string, name?: string) => Promise<Token>
  readonly logKinds: () => Promise<readonly string[]>
}

/** A server with an application that asks people for tokens. */
export async function startOauthSite(): Promise<OauthSite> {
  const settings = {
    SUPER_USERS: ['quay'],
    FEATURE_SUPERUSERS_FULL_ACCESS: true,
    OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT: 60,
    DIRECT_OAUTH_CLIENTID_WHITELIST: ['DIRECT'],
  }
  const server = await startTestServer({
    env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) },
  })
  const root = await server.signedIn()
  const { api: ada } = await signUp(server, root, 'ada')
  const { api: bob } = await signUp(server, root, 'bob')
  await ada.post('/api/v1/organization/', { name: 'acme' }, 201)
  const application = (await ada.post(applications, {
    name: 'ci',
    redirect_uri: home,
    application_uri: 'https://ci.example.com',
  })) as Application
  return {
    ...{ server, root, ada, bob, application },
    draw: async (scope, name = 'script') =>
      (await ada.post(`${applications}/${application.client_id}/tokens`, { name, scope })) as Token,
    async logKinds() {
      const { logs } = (await root.get('/api/v1/superuser/logs')) as { logs: { kind: string }[] }
      return logs.map(({ kind }) => kind)
    },
  }
}
