import type { ApiClient } from '../../support/api-client.ts'
import type { Headers, Response } from '../../support/http-request.ts'
import type { TestServer } from '../../support/server.ts'
import { scopes, type Login, type PersonName, type Scope, type World } from '../../support/world.ts'
import type { Rights } from './rights.ts'

export interface Caller {
  readonly name: string
  readonly rights: Rights
  request(method: string, path: string, body?: unknown, headers?: Headers): Promise<Response>
}

const nobody: Rights = {
  loggedIn: false,
  password: false,
  repository: 'none',
  organization: 'none',
  inTeam: false,
  superuser: false,
  fullAccess: false,
  reader: false,
  restricted: false,
}
const somebody: Rights = { ...nobody, loggedIn: true }

const persons: Readonly<Partial<Record<PersonName, Rights>>> = {
  outsider: somebody,
  reader: { ...somebody, repository: 'read' },
  writer: { ...somebody, repository: 'write' },
  keeper: { ...somebody, repository: 'admin' },
  member: { ...somebody, organization: 'member', inTeam: true },
  creator: { ...somebody, organization: 'creator' },
  admin: { ...somebody, organization: 'admin', repository: 'admin' },
  restricted: { ...somebody, restricted: true },
  auditor: { ...somebody, reader: true },
}

const basic = ({ username, password }: Login) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** Everybody who may come, on one server. */
export async function openCallers(
  server: TestServer,
  world: World,
  { fullAccess }: { fullAccess: boolean },
): Promise<readonly Caller[]> {
  const callers: Caller[] = []
  const add = (name: string, rights: Rights, api: ApiClient, authorization?: string) =>
    callers.push({
      name,
      rights,
      request: (method, path, body, headers = {}) =>
        api.request(method, path, body, {
          ...(authorization !== undefined && { authorization }),
          ...headers,
        }),
    })
  /** Without a login, but with what gets a write past the CSRF check. */
  const stranger = async () => {
    const api = server.api()
    await api.fetchCsrfToken()
    return api
  }

  add('anonymous', nobody, await stranger())
  for (const [name, rights] of Object.entries(persons) as [PersonName, Rights][]) {
    add(name, rights, await server.signedIn(world.logins[name]))
  }
  const superRights: Rights = { ...somebody, superuser: true, fullAccess }
  add('superuser', superRights, await server.signedIn(world.superuser))

  const adminRights = persons.admin ?? somebody
  for (const [scope, token] of Object.entries(world.adminTokens) as [Scope, string][]) {
    add(`admin's ${scope}`, { ...adminRights, scopes: [scope] }, server.api(token))
  }
  const others = scopes.filter((scope) => scope !== 'super:user')
  add(
    "superuser's super:user",
    { ...superRights, scopes: ['super:user'] },
    server.api(world.superToken),
  )
  add("superuser's others", { ...superRights, scopes: others }, server.api(world.otherSuperToken))

  add('robot', nobody, await stranger(), basic(world.robot))
  const appLogin = { username: '$app', password: world.appToken }
  add('app token as password', nobody, await stranger(), basic(appLogin))
  add('app token as bearer', nobody, await stranger(), `Bearer ${world.appToken}`)
  add('password', { ...nobody, password: true }, await stranger(), basic(world.logins.admin))
  add('disabled', nobody, await openDisabled(server, world))
  return callers
}

/** A session from before its user was disabled. */
async function openDisabled(server: TestServer, { logins: { leaver } }: World): Promise<ApiClient> {
  const quay = await server.signedIn()
  const account = `/api/v1/superuser/users/${leaver.username}`
  await quay.put(account, { enabled: true })
  const api = await server.signedIn(leaver)
  await quay.put(account, { enabled: false })
  return api
}
