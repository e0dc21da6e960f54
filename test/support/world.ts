import type { ApiClient } from './api-client.ts'
import { createOpaqueImage } from './content.ts'
import type { TestServer } from './server.ts'

/** Everybody who plays a part in the tests of rights, by what they are to the organization. */
export const people = [
  'admin',
  'creator',
  'member',
  'keeper',
  'writer',
  'reader',
  'outsider',
  'restricted',
  'auditor',
  'leaver',
  'rival',
] as const

export type PersonName = (typeof people)[number]

export const scopes = [
  'org:admin',
  'repo:read',
  'repo:write',
  'repo:admin',
  'repo:create',
  'user:read',
  'user:admin',
  'super:user',
] as const

export type Scope = (typeof scopes)[number]

export interface Login {
  readonly username: string
  readonly password: string
}

/** Ids of things that somebody owns, by the name of the path parameter that takes them. */
export type Belongings = Readonly<
  Record<
    | 'orgname'
    | 'repository'
    | 'manifestref'
    | 'labelid'
    | 'prototypeid'
    | 'organizationPolicy'
    | 'repositoryPolicy'
    | 'notification'
    | 'client_id'
    | 'token_uuid'
    | 'apptoken'
    | 'robot',
    string
  >
>

export interface World {
  readonly logins: Readonly<Record<PersonName, Login>>
  readonly superuser: Login
  /** What `admin` has: organization `harbour` with a private repository, teams and a robot. */
  readonly home: Belongings
  /** The same of `rival`. */
  readonly foreign: Belongings
  readonly publicRepository: string
  /** In the namespace of `restricted`. */
  readonly restrictedRepository: string
  readonly team: string
  readonly robot: Login
  readonly serviceKeyId: string
  /** Of `admin`: an app-specific token, and OAuth tokens of one scope each. */
  readonly appToken: string
  readonly adminTokens: Readonly<Record<Exclude<Scope, 'super:user'>, string>>
  /** Of the superuser: with that scope alone, and with every other. */
  readonly superToken: string
  readonly otherSuperToken: string
  /** Everything that no log line may hold. */
  readonly secrets: readonly string[]
}

/**
 * Fills a server, which must be without mail and restrictions: an organization with somebody in every
 * role, a rival with things of the same kinds, and tokens of every sort.
 */
export async function createWorld(server: TestServer): Promise<World> {
  const superuser = { username: server.username, password: server.password }
  const quay = await server.signedIn()
  const logins = await createPeople(quay)
  const signIn = (name: PersonName) => server.signedIn(logins[name])

  // Whoever is the only admin of an organization cannot be deleted by a test that lets it try.
  for (const name of people) {
    if (name === 'leaver' || name === 'admin' || name === 'rival') continue
    await (await signIn(name)).post('/api/v1/organization/', { name: `${name}-home` }, 201)
  }
  const admin = await signIn('admin')
  const rival = await signIn('rival')
  const home = await createBelongings(server, admin, logins.admin, 'harbour')
  const foreign = await createBelongings(server, rival, logins.rival, 'rival-home')

  const org = '/api/v1/organization/harbour'
  await admin.put(`${org}/team/makers`, { role: 'creator' })
  await admin.put(`${org}/team/crew/members/member`)
  await admin.put(`${org}/team/makers/members/creator`)
  const permissions = `/api/v1/repository/${home.repository}/permissions/user`
  await admin.put(`${permissions}/reader`, { role: 'read' })
  await admin.put(`${permissions}/writer`, { role: 'write' })
  await admin.put(`${permissions}/keeper`, { role: 'admin' })
  await createRepository(admin, 'harbour/public', 'public')
  const restricted = await signIn('restricted')
  await createRepository(restricted, 'restricted/own', 'private')

  const appToken = text(await admin.post('/api/v1/user/apptoken', { title: 'laptop' }), [
    'token',
    'token_code',
  ])
  const robot = {
    username: home.robot,
    password: text(await admin.get(`${org}/robots/deploy`), ['token']),
  }
  const adminTokens = new Map<Scope, string>()
  for (const scope of scopes) {
    if (scope === 'super:user') continue
    adminTokens.set(scope, await createToken(admin, 'harbour', home.client_id, scope))
  }
  await quay.post('/api/v1/organization/', { name: 'quay-home' }, 201)
  const clientId = await createApplication(quay, 'quay-home')
  const others = scopes.filter((scope) => scope !== 'super:user').join(' ')
  const superToken = await createToken(quay, 'quay-home', clientId, 'super:user')
  const otherSuperToken = await createToken(quay, 'quay-home', clientId, others)
  const key = await quay.post('/api/v1/superuser/keys', { service: 'sample', expiration: null })

  const tokens = Object.fromEntries(adminTokens) as World['adminTokens']
  return {
    ...{ logins, superuser, home, foreign, appToken, adminTokens: tokens },
    ...{ superToken, otherSuperToken },
    publicRepository: 'harbour/public',
    restrictedRepository: 'restricted/own',
    team: 'crew',
    robot,
    serviceKeyId: text(key, ['kid']),
    secrets: [
      ...Object.values(logins).map(({ password }) => password),
      ...[superuser.password, appToken, superToken, otherSuperToken, robot.password],
      ...adminTokens.values(),
    ],
  }
}

async function createPeople(quay: ApiClient): Promise<World['logins']> {
  const logins = new Map<string, Login>()
  for (const username of people) {
    const email = `${username}@example.com`
    const made = await quay.post('/api/v1/superuser/users/', { username, email })
    logins.set(username, { username, password: text(made, ['password']) })
  }
  return Object.fromEntries(logins) as World['logins']
}

/** Nobody is there. */
const slack = { url: 'https://slack.invalid/' }

/** An organization with one of everything that has an id. */
async function createBelongings(
  server: TestServer,
  owner: ApiClient,
  login: Login,
  orgname: string,
): Promise<Belongings> {
  await owner.post('/api/v1/organization/', { name: orgname }, 201)
  const org = `/api/v1/organization/${orgname}`
  await owner.put(`${org}/team/crew`, { role: 'member' })
  const repository = `${orgname}/private`
  await createRepository(owner, repository, 'private')
  // Later than the repository, so that the team may not read it.
  const delegate = { kind: 'team', name: 'crew' }
  const prototype = await owner.post(`${org}/prototypes`, { role: 'read', delegate })
  const image = createOpaqueImage(orgname, [100])
  const manifestref = await server.client(login).pushImage(repository, 'latest', image)
  const label = await owner.post(
    `/api/v1/repository/${repository}/manifest/${manifestref}/labels`,
    { key: 'tier', value: 'one', media_type: 'text/plain' },
    201,
  )
  const policy = { tagPattern: 'frozen-.*' }
  const ofOrg = await owner.post(`${org}/immutabilitypolicy/`, policy, 201)
  const ofRepository = await owner.post(
    `/api/v1/repository/${repository}/immutabilitypolicy/`,
    policy,
    201,
  )
  const notification = await owner.post(
    `/api/v1/repository/${repository}/notification/`,
    { event: 'repo_image_expiry', method: 'slack', config: slack, eventConfig: { days: 5 } },
    201,
  )
  await owner.put(`${org}/robots/deploy`, {}, 201)
  const clientId = await createApplication(owner, orgname)
  await createToken(owner, orgname, clientId, 'repo:read')
  const tokens = await owner.get(`${org}/applications/${clientId}/tokens`)
  const appToken = await owner.post('/api/v1/user/apptoken', { title: 'desktop' })
  return {
    ...{ orgname, repository, manifestref },
    labelid: text(label, ['label', 'id']),
    prototypeid: text(prototype, ['id']),
    organizationPolicy: text(ofOrg, ['uuid']),
    repositoryPolicy: text(ofRepository, ['uuid']),
    notification: text(notification, ['uuid']),
    client_id: clientId,
    token_uuid: text(tokens, ['tokens', '0', 'uuid']),
    apptoken: text(appToken, ['token', 'uuid']),
    robot: `${orgname}+deploy`,
  }
}

async function createRepository(owner: ApiClient, fullName: string, visibility: string) {
  const [namespace, repository] = fullName.split('/')
  await owner.post(
    '/api/v1/repository',
    { namespace, repository, visibility, description: '' },
    201,
  )
}

async function createApplication(owner: ApiClient, orgname: string): Promise<string> {
  const path = `/api/v1/organization/${orgname}/applications`
  return text(
    await owner.post(path, {
      name: `tool of ${orgname}`,
      redirect_uri: 'https://tool.invalid/back',
    }),
    ['client_id'],
  )
}

export async function createToken(
  owner: ApiClient,
  orgname: string,
  clientId: string,
  scope: string,
): Promise<string> {
  const path = `/api/v1/organization/${orgname}/applications/${clientId}/tokens`
  return text(await owner.post(path, { name: scope, scope }), ['token'])
}

/** The text at a place of an answer, which has to be there. */
function text(answer: unknown, path: readonly string[]): string {
  let value = answer
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  }
  if (typeof value !== 'string') {
    throw new Error(`no text at ${path.join('.')} of ${JSON.stringify(answer)}`)
  }
  return value
}
