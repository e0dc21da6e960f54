import { isRecord, type Settings } from '../bundle.ts'
import type { Credentials, LiveChecks } from '../live-checks.ts'
import { type Check, type FieldGroup, isOn, isUrl, textIn } from '../field-group.ts'

const suffix = '_LOGIN_CONFIG'

/** The OIDC services of a configuration: every `<ID>_LOGIN_CONFIG` but those of GitHub and Google. */
export function oidcServices(
  settings: Settings,
): readonly { readonly key: string; readonly service: Settings }[] {
  return Object.entries(settings).flatMap(([key, service]) => {
    const id = key.endsWith(suffix) ? key.slice(0, -suffix.length) : ''
    if (id === '' || id === 'GOOGLE' || id === 'GITHUB' || !isRecord(service)) return []
    return [{ key, service }]
  })
}

const oidcRequired = ['OIDC_SERVER', 'CLIENT_ID', 'CLIENT_SECRET', 'SERVICE_NAME'] as const

export const oidc: FieldGroup = {
  name: 'OIDC',
  fields: {},
  async check(check) {
    for (const { key, service } of oidcServices(check.settings)) {
      const missing = oidcRequired.filter((field) => textIn(service, field) === '')
      for (const field of missing) check.add(`${key}.${field} is required`, `${key}.${field}`)
      if (missing.length > 0 || check.live === undefined) continue
      const server = textIn(service, 'OIDC_SERVER')
      const tag = `${key}.OIDC_SERVER`
      if (!server.endsWith('/')) {
        check.add('OIDC_SERVER must end with a trailing /', tag)
        continue
      }
      const id = key.slice(0, -suffix.length).toLowerCase()
      const problem = await check.live.oidc({
        server,
        clientId: textIn(service, 'CLIENT_ID'),
        clientSecret: textIn(service, 'CLIENT_SECRET'),
        serviceName: textIn(service, 'SERVICE_NAME'),
        redirectUri: `${check.text('PREFERRED_URL_SCHEME') || 'http'}://${check.text('SERVER_HOSTNAME')}/oauth2/${id}/callback`,
      })
      if (problem !== undefined) check.add(problem, tag)
    }
  },
}

export const gitHubLogin = gitHub('GitHubLogin', 'GITHUB_LOGIN_CONFIG', ({ settings }) =>
  isOn(settings['FEATURE_GITHUB_LOGIN']),
)

export const gitHubBuildTrigger = gitHub(
  'GitHubBuildTrigger',
  'GITHUB_TRIGGER_CONFIG',
  ({ settings }) =>
    isOn(settings['FEATURE_BUILD_SUPPORT']) && isOn(settings['FEATURE_GITHUB_BUILD']),
)

function gitHub(name: string, key: string, applies: (check: Check) => boolean): FieldGroup {
  return {
    name,
    fields: { [key]: { type: 'object' } },
    async check(check) {
      if (!applies(check)) return
      const service = check.object(key)
      if (service === undefined) {
        check.add(`${key} is required for ${name}`, key)
        return
      }
      const endpoint = textIn(service, 'GITHUB_ENDPOINT')
      const isComplete = requiredIn(check, service, key, name, ['GITHUB_ENDPOINT'])
      if (endpoint !== '' && !isUrl(endpoint)) {
        check.add(`${key}.GITHUB_ENDPOINT must be a url`, `${key}.GITHUB_ENDPOINT`)
        return
      }
      const hasClient = requiredIn(check, service, key, name, ['CLIENT_ID', 'CLIENT_SECRET'])
      const allowed = service['ALLOWED_ORGANIZATIONS']
      if (isOn(service['ORG_RESTRICT']) && !(Array.isArray(allowed) && allowed.length > 0)) {
        check.add(
          `${key}.ALLOWED_ORGANIZATIONS must contain values if ${key}.ORG_RESTRICT is true`,
          `${key}.ORG_RESTRICT`,
          `${key}.ALLOWED_ORGANIZATIONS`,
        )
      }
      if (check.live === undefined || !isComplete || !hasClient) return
      const user = textIn(service, 'CLIENT_ID')
      const password = textIn(service, 'CLIENT_SECRET')
      if (!(await areValid(check, check.live, endpoint, { user, password }))) {
        check.add(
          'Could not verify GitHub OAuth credentials',
          'GITHUB_TRIGGER_CONFIG.CLIENT_ID',
          'GITHUB_TRIGGER_CONFIG.CLIENT_SECRET',
        )
      }
    },
  }
}

/** The testing mode knows one pair of credentials, and asks nobody. */
export async function areValid(
  { mode }: Check,
  live: LiveChecks,
  url: string,
  credentials: Credentials,
): Promise<boolean> {
  const { user, password } = credentials
  if (mode === 'testing') return user === 'test_client_key' && password === 'test_secret_key'
  return (await live.basicAuthStatus(url, credentials)) === 200
}

export const googleLogin: FieldGroup = {
  name: 'GoogleLogin',
  fields: { GOOGLE_LOGIN_CONFIG: { type: 'object' } },
  async check(check) {
    if (!isOn(check.settings['FEATURE_GOOGLE_LOGIN'])) return
    const key = 'GOOGLE_LOGIN_CONFIG'
    const service = check.object(key)
    if (service === undefined) {
      check.add(`${key} is required for GoogleLogin`, key)
      return
    }
    const names = ['CLIENT_ID', 'CLIENT_SECRET'] as const
    if (!requiredIn(check, service, key, 'GoogleLogin', names)) return
    if ((await check.live?.fakeCode('https://oauth2.googleapis.com/token', service)) === false) {
      const tags = names.map((name) => `${key}.${name}`)
      check.add('Could not verify Google OAuth credentials', ...tags)
    }
  },
}

/** @returns whether all are there */
export function requiredIn(
  check: Check,
  object: Settings,
  key: string,
  group: string,
  names: readonly string[],
): boolean {
  const missing = names.filter((name) => textIn(object, name) === '')
  for (const name of missing) {
    check.add(`${key}.${name} is required for ${group}`, `${key}.${name}`)
  }
  return missing.length === 0
}
