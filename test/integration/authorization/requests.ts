import type { ContractEndpoint } from '../../support/contract.ts'
import { sampleOf } from '../../support/json-sample.ts'
import type { World } from '../../support/world.ts'

export interface PlannedCall {
  readonly path: string
  readonly body: unknown
  readonly contentType?: string
}

/** Makes something that a caller who is let through may destroy. @returns its name. */
export type Scratch = (kind: 'organization' | 'repository') => Promise<string>

const unknown = 'unknown'

/** Bodies that are valid, and lead to nothing for whoever is let through. */
const harmless: Readonly<Record<string, unknown>> = {
  createRepo: {
    namespace: 'harbour',
    repository: 'private',
    visibility: 'private',
    description: '',
  },
  addTrustedAuthority: { pem: 'not a certificate' },
  createOrganization: { name: 'harbour', email: 'harbour@example.com' },
  createInstallUser: { username: 'admin', email: 'admin@example.com' },
  createServiceKey: { service: 'sample', expiration: 1 },
  createOrganizationApplicationToken: { name: 'sample', scope: 'org:admin' },
  createOrganizationPrototypePermission: {
    role: 'read',
    delegate: { kind: 'user', name: unknown },
  },
  createOrganizationApplication: { name: '__quay_bootstrap_app' },
  createOrgImmutabilityPolicy: { tagPattern: '[' },
  // An address that nobody may call.
  createProxyCacheConfig: { upstream_registry: '10.0.0.1' },
  validateProxyCacheConfig: { upstream_registry: '10.0.0.1' },
  exportOrgLogs: {},
  setReadOnly: { on: false },
  setKioskPin: { pin: '2468' },
  enableOrganizationTeamSync: { group_dn: 'cn=sample' },
}

/** Pages take forms, and their query says what they are about. */
const aboutApplication = ({ home }: World) =>
  new URLSearchParams({
    client_id: home.client_id,
    redirect_uri: 'https://tool.invalid/back',
    scope: 'repo:read',
    response_type: 'token',
    username: 'member',
  }).toString()

/**
 * A call that shows by its answer whether its caller was let through, and changes nothing that other
 * calls need: rights are looked at before a body is found wrong, or a thing missing.
 */
export async function planCall(
  endpoint: ContractEndpoint,
  world: World,
  allowed: boolean,
  scratch: Scratch,
): Promise<PlannedCall> {
  const { operationId } = endpoint
  if (endpoint.path.startsWith('/oauth/')) return planPage(endpoint, world)
  const ends = allowed && endsThing[operationId]
  const thing = ends ? { [ends.parameter]: await scratch(ends.kind) } : {}
  const known = { ...namesFor(endpoint, world), ...thing }
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name] ?? unknown)
  return { path: `${path}${queries[operationId] ?? ''}`, body: bodyFor(endpoint) }
}

function planPage({ path, method }: ContractEndpoint, world: World): PlannedCall {
  const query = aboutApplication(world)
  return method === 'GET'
    ? { path: `${path}?${query}`, body: undefined }
    : { path: `${path}?${query}`, body: query, contentType: 'application/x-www-form-urlencoded' }
}

const endsThing: Readonly<
  Record<string, { parameter: string; kind: 'organization' | 'repository' } | undefined>
> = {
  deleteAdminedOrganization: { parameter: 'orgname', kind: 'organization' },
  deleteRepository: { parameter: 'repository', kind: 'repository' },
}

const queries: Readonly<Record<string, string>> = {
  listRepos: '?public=true',
  conductSearch: '?query=har',
  conductRepoSearch: '?query=har',
  getEvents: '?topics=notifications',
}

function namesFor({ method }: ContractEndpoint, world: World): Readonly<Record<string, string>> {
  const { home } = world
  const settled = {
    ...{ orgname: home.orgname, repository: home.repository, service: 'sample' },
    fingerprint: '00'.repeat(32),
  }
  const reads = {
    ...{ teamname: world.team, membername: 'member', username: 'reader', tag: 'latest' },
    ...{ robot_shortname: 'deploy', prefix: 'har', error_type: 'invalid_token' },
    ...{ labelid: home.labelid, prototypeid: home.prototypeid, client_id: home.client_id },
    ...{ token_uuid: home.token_uuid, kid: world.serviceKeyId },
    policy_uuid: home.organizationPolicy,
  }
  const aboutManifest = { manifestref: home.manifestref }
  return { ...settled, ...aboutManifest, ...(method === 'GET' ? reads : scratchNames) }
}

/** Writes name what is not there, or is there for that. */
const scratchNames = { teamname: 'scratch', robot_shortname: 'scratch' }

function bodyFor({ operationId, body, rule, bodyOptional }: ContractEndpoint): unknown {
  if (body === undefined) return undefined
  if (operationId in harmless) return harmless[operationId]
  // About a repository or one's own things the right is looked at first: any wrong body will do.
  const rightFirst = ['repository', 'user', 'anyone'].includes(rule.kind)
  if (!rightFirst) return bodyOptional ? undefined : sampleOf(body, { requiredOnly: true })
  return [[], {}, 5].find((wrong) => !body.safeParse(wrong).success) ?? {}
}
