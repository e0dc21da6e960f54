import type { Operation } from '../../support/api-description.ts'
import type { Login } from '../../support/world.ts'
import { settingsOf } from './settings-by-operation.ts'
import { harbour, redirectUri, type Stage } from './stage.ts'

/** What parameters and fields hold, by their names. */
export type Values = Readonly<Record<string, unknown>>

/** Everything that a call needs in order to succeed. */
export interface Setting {
  readonly values: Values
  /** What may be left out, and must not be. */
  readonly needed?: readonly string[]
  /** What may be left out, and has to be. */
  readonly without?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Who calls; else the administrator of the organization. */
  readonly as?: Login
}

/**
 * Sets the stage for one call. What reads is about what is always there; what writes is about things of
 * its own, so that it may do with them what it likes.
 */
export async function setStage(stage: Stage, operation: Operation): Promise<Setting> {
  const { method, path, operationId } = operation
  let values = { ...usualValues(stage), ...(await readablesOf(stage, operation)) }
  if (method !== 'GET') {
    for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) {
      values = { ...values, ...(await things[name]?.(stage, operation, values)) }
    }
  }
  const special = await settingsOf[operationId]?.(stage, values)
  const isForSuperuser = /^\/api\/v1\/(superusers?|messages?|mooring)\//.test(`${path}/`)
  return {
    ...(isForSuperuser && { as: stage.world.superuser }),
    ...special,
    values: { ...values, ...special?.values },
    needed: Object.keys(special?.values ?? {}),
  }
}

const laterSeconds = 4_000_000_000

function usualValues({ world: { home }, next, emailOf }: Stage): Values {
  const name = next('thing')
  return {
    ...{ orgname: 'harbour', namespace: 'harbour', repository: home.repository, tag: 'latest' },
    ...{ manifestref: home.manifestref, manifest_digest: home.manifestref },
    ...{ labelid: home.labelid, prototypeid: home.prototypeid, client_id: home.client_id },
    ...{ teamname: 'crew', membername: 'member', username: 'reader', robot_shortname: 'deploy' },
    ...{ service: 'sample', error_type: 'invalid_token', service_id: 'github', prefix: 'har' },
    // Of filters and of forms.
    ...{ query: 'har', filter: 'tier', specificTag: 'latest', filter_tag_name: 'like:lat' },
    ...{ performer: 'admin', repo_kind: 'image', starttime: today(), endtime: today() },
    ...{ name, email: emailOf(name), title: name, key: name, tagPattern: name, content: name },
    ...{ contact_email: emailOf(name), invoice_email_address: emailOf(name) },
    ...{ expiration: laterSeconds, tag_expiration_s: 86_400, media_type: 'text/plain' },
    ...{ redirect_uri: redirectUri, application_uri: redirectUri, avatar_email: emailOf(name) },
    ...{ scope: 'repo:read', response_type: 'token', format: 'json' },
    ...{ callback_url: 'http://127.0.0.1:9/', callback_email: emailOf(name) },
    ...{ issuer: 'https://issuer.example.com', subject: name },
  }
}

const today = () => {
  const [year = '', month = '', day = ''] = new Date(Date.now()).toISOString().split(/[-T]/)
  return `${month}/${day}/${year}`
}

/** What the usual name of a parameter does not tell, because it stands for several kinds of things. */
async function readablesOf(stage: Stage, { path }: Operation): Promise<Values> {
  const { home, serviceKeyId } = stage.world
  if (path.startsWith('/api/v1/user/robots/')) {
    return { robot_shortname: await stage.robot('/api/v1/user/robots') }
  }
  if (path.startsWith('/api/v1/user/apptoken')) return { token_uuid: home.apptoken }
  return {
    token_uuid: home.token_uuid,
    kid: serviceKeyId,
    policy_uuid: path.includes('{orgname}') ? home.organizationPolicy : home.repositoryPolicy,
  }
}

type Make = (stage: Stage, operation: Operation, values: Values) => Promise<Values> | Values

/** Makes the thing that a parameter of a path names. */
const things: Readonly<Record<string, Make>> = {
  orgname: async (stage, { path }) =>
    path.endsWith('{orgname}') || path.includes('immutabilitypolicy')
      ? { orgname: await stage.organization() }
      : {},
  repository: async (stage, { path }) => {
    if (!/\{(tag|manifestref)\}/.test(path)) return { repository: await stage.repository() }
    const made = await stage.image('latest')
    return { ...made, manifest_digest: made.manifestref }
  },
  teamname: async (stage, { path }, values) => {
    if (!path.includes('{repository}')) return { teamname: await stage.team() }
    const permission = `/api/v1/repository/${String(values['repository'])}/permissions/team/crew`
    await stage.admin.put(permission, { role: 'read' })
    return {}
  },
  membername: async (stage, { path, method }) => {
    if (path.includes('{teamname}')) {
      return method === 'DELETE' ? { teamname: await stage.teamWith('member') } : {}
    }
    return { membername: (await stage.memberOfHarbour()).username }
  },
  username: async (stage, { path }, values) => {
    if (!path.includes('{repository}')) return { username: (await stage.person()).username }
    const permission = `/api/v1/repository/${String(values['repository'])}/permissions/user/reader`
    await stage.admin.put(permission, { role: 'read' })
    return {}
  },
  robot_shortname: async (stage, { path, method }) => {
    const isCreated = method === 'PUT'
    const base = path.includes('{orgname}') ? `${harbour}/robots` : '/api/v1/user/robots'
    return { robot_shortname: isCreated ? stage.next('robot') : await stage.robot(base) }
  },
  labelid: async (stage, _operation, values) => ({
    labelid: await stage.label(String(values['repository']), String(values['manifestref'])),
  }),
  prototypeid: async (stage) => ({ prototypeid: await stage.prototype() }),
  policy_uuid: async (stage, { path }, values) => ({
    policy_uuid: await stage.policy(
      path.includes('{orgname}')
        ? `/api/v1/organization/${String(values['orgname'])}`
        : `/api/v1/repository/${String(values['repository'])}`,
    ),
  }),
  client_id: async (stage) => ({ client_id: (await stage.application()).clientId }),
  token_uuid: async (stage, { path }, values) => ({
    token_uuid: path.includes('{client_id}')
      ? await stage.applicationToken(String(values['client_id']))
      : await stage.appToken(),
  }),
  kid: async (stage) => ({ kid: await stage.serviceKey('sample') }),
  /** Of an organization, in the calls of superusers. */
  name: async (stage) => ({ name: await stage.organization() }),
  namespace: async (stage) => ({ namespace: await stage.organization() }),
}
