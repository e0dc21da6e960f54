import { isRecord } from '../bundle.ts'
import { causeOf } from './cause.ts'
import type { HttpAnswer, HttpChecks } from './http-checks.ts'

export interface SwiftTarget {
  /** 1, 2 or 3 */
  readonly version: number
  readonly authUrl: string
  readonly container: string
  readonly user: string
  readonly password: string
  /** Each empty where it is not set. */
  readonly domain: string
  readonly tenantId: string
  readonly tenantName: string
  readonly region: string
}

interface SwiftAccess {
  readonly storageUrl: string
  readonly token: string
}

/** Logs in and looks for the container in the account's list. */
export async function checkSwift(
  target: SwiftTarget,
  http: HttpChecks,
): Promise<string | undefined> {
  let access: SwiftAccess
  try {
    access = await logIn(target, http)
  } catch (error) {
    return `Could not connect to Swift storage. Error: ${causeOf(error, target.password)}`
  }
  try {
    const url = new URL(access.storageUrl)
    url.searchParams.set('format', 'json')
    const headers = { 'X-Auth-Token': access.token }
    const { status, text } = await http.ask(url.href, { headers })
    if (status !== 200 && status !== 204) throw new Error(`status ${String(status)}`)
    const containers: unknown = text === '' ? [] : JSON.parse(text)
    const isThere =
      Array.isArray(containers) &&
      containers.some((one) => isRecord(one) && one['name'] === target.container)
    return isThere ? undefined : `Could not find container (${target.container}) in Swift storage.`
  } catch (error) {
    return `Could not list containers in Swift storage. Error: ${causeOf(error, access.token)}`
  }
}

async function logIn(target: SwiftTarget, http: HttpChecks): Promise<SwiftAccess> {
  const { version, authUrl, user, password } = target
  if (version === 1) {
    const headers = { 'X-Auth-User': user, 'X-Auth-Key': password }
    const answer = await http.ask(authUrl, { headers })
    requireSuccess(answer)
    return accessOf(answer.headers['x-storage-url'], answer.headers['x-auth-token'])
  }
  const base = authUrl.replace(/\/$/, '')
  const path = version === 2 ? '/tokens' : '/auth/tokens'
  const answer = await http.ask(`${base}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify(version === 2 ? passwordOfTwo(target) : passwordOfThree(target)),
  })
  requireSuccess(answer)
  const body: unknown = JSON.parse(answer.text)
  return version === 2
    ? accessOfTwo(body, target.region)
    : accessOf(storageIn(body, target.region), answer.headers['x-subject-token'])
}

function passwordOfTwo({ user, password, tenantId, tenantName }: SwiftTarget) {
  return {
    auth: {
      passwordCredentials: { username: user, password },
      ...(tenantId !== '' ? { tenantId } : tenantName !== '' && { tenantName }),
    },
  }
}

function passwordOfThree({ user, password, domain, tenantId }: SwiftTarget) {
  const account = { name: user, password, domain: { name: domain } }
  const identity = { methods: ['password'], password: { user: account } }
  return { auth: { identity, scope: { project: { id: tenantId } } } }
}

function accessOfTwo(body: unknown, region: string): SwiftAccess {
  const access = isRecord(body) ? body['access'] : undefined
  const token = isRecord(access) && isRecord(access['token']) ? access['token']['id'] : undefined
  const service = catalogEntry(isRecord(access) ? access['serviceCatalog'] : undefined)
  return accessOf(
    endpointIn(service, region, (one) => one['publicURL']),
    token,
  )
}

function storageIn(body: unknown, region: string): unknown {
  const token = isRecord(body) ? body['token'] : undefined
  const service = catalogEntry(isRecord(token) ? token['catalog'] : undefined)
  return endpointIn(service, region, (one) =>
    one['interface'] === 'public' ? one['url'] : undefined,
  )
}

function catalogEntry(catalog: unknown): unknown {
  if (!Array.isArray(catalog)) return undefined
  return catalog.find((one) => isRecord(one) && one['type'] === 'object-store') as unknown
}

function endpointIn(
  service: unknown,
  region: string,
  urlOf: (endpoint: Readonly<Record<string, unknown>>) => unknown,
): unknown {
  const endpoints: readonly unknown[] =
    isRecord(service) && Array.isArray(service['endpoints']) ? service['endpoints'] : []
  const fitting = endpoints
    .filter(isRecord)
    .filter((one) => region === '' || one['region'] === region)
  return fitting.map(urlOf).find((url) => typeof url === 'string')
}

function accessOf(storageUrl: unknown, token: unknown): SwiftAccess {
  if (typeof storageUrl !== 'string' || typeof token !== 'string') {
    throw new Error('the answer names no object store')
  }
  return { storageUrl, token }
}

function requireSuccess({ status }: HttpAnswer): void {
  if (status < 200 || status >= 300) throw new Error(`status ${String(status)}`)
}
