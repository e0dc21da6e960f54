import type { Socket } from 'node:net'
import { parseChallenge, type Challenge } from '../upstream/bearer-challenge.ts'
import { requestOver, type HttpAnswer } from './connections.ts'
import { doubtful, fine, reasonOf, wrong, type Outcome, type Probe } from './probe.ts'

export interface UpstreamDoor {
  readonly url: URL
  readonly username: string
  readonly password: string | null
  readonly sample: string | undefined
  readonly signal: AbortSignal
  open(to: URL): Promise<Socket>
}

type Line = (what: string, trying: string, work: () => Promise<Outcome>) => Probe

const fewDownloads = 20
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** `/v2/`, a token, a manifest and what is left of the rate limit. */
export async function* signInUpstream(door: UpstreamDoor, line: Line): Probe {
  const { url, sample, signal } = door
  const host = url.host
  let authorization: string | undefined
  let challenge: Challenge | undefined

  const call = async (to: URL, method: 'GET' | 'HEAD', headers: Record<string, string> = {}) =>
    requestOver(await door.open(to), { method, url: to, headers, signal })
  const ask = (path: string, method: 'GET' | 'HEAD' = 'GET') =>
    call(new URL(path, url), method, {
      accept: manifestTypes,
      ...(authorization !== undefined && { authorization }),
    })

  const registry = yield* line('registry', `Asking ${host} for /v2/`, async () => {
    try {
      const answer = await ask('/v2/')
      challenge = parseChallenge(answer.headers['www-authenticate'])
      if (answer.status === 200 || (answer.status === 401 && challenge !== undefined)) {
        return fine(`${host} is a registry`)
      }
      return wrong('MOOR-NET-024', { host, reason: `/v2/ was answered ${answer.status}` })
    } catch (error) {
      return wrong('MOOR-NET-024', { host, reason: reasonOf(error) })
    }
  })
  if (registry === 'failed') return registry

  if (challenge !== undefined) {
    const asked = challenge
    const signedIn = yield* line('token', `Signing in at ${host}`, async () => {
      try {
        const found = asked.scheme === 'basic' ? basicOf(door) : await tokenOf(door, asked, call)
        if ('outcome' in found) return found.outcome
        authorization = found.authorization
        const answer = await ask('/v2/')
        // Some registries want a scope even here; a token that they gave is enough then.
        if (answer.status === 401 && asked.scheme === 'basic') return refused(door)
        const who = door.username === '' ? 'without an account' : `as ${door.username}`
        return fine(`${host} lets us in ${who}`)
      } catch (error) {
        const realm = asked.parameters.get('realm') ?? host
        return wrong('MOOR-NET-027', { host, realm, reason: reasonOf(error) })
      }
    })
    if (signedIn === 'failed') return signedIn
  }
  if (sample === undefined) return 'ok'

  let answer: HttpAnswer | undefined
  const looked = yield* line('manifest', `Looking for ${sample}`, async () => {
    try {
      answer = await ask(manifestPath(sample), 'HEAD')
    } catch (error) {
      return wrong('MOOR-NET-024', { host, reason: reasonOf(error) })
    }
    if (answer.status === 200) return fine(`${host} has ${sample}`)
    if (answer.status === 429)
      return doubtful('MOOR-NET-029', { host, remaining: 0, ...limitOf(answer) })
    if ([401, 403, 404].includes(answer.status)) {
      return doubtful('MOOR-NET-028', { host, image: sample })
    }
    const reason = `a manifest was answered ${answer.status}`
    return wrong('MOOR-NET-024', { host, reason })
  })
  const limit = answer === undefined ? undefined : limitOf(answer)
  if (limit === undefined) return looked
  yield* line('limit', 'Looking at the rate limit', () => Promise.resolve(judgeLimit(host, limit)))
  return looked
}

type Found = { readonly authorization: string } | { readonly outcome: Outcome }

function basicOf(door: UpstreamDoor): Found {
  if (door.username === '') return { outcome: wrong('MOOR-NET-026', { host: door.url.host }) }
  return { authorization: basicHeader(door) }
}

function basicHeader({ username, password }: UpstreamDoor): string {
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
}

function refused({ url, username }: UpstreamDoor): Outcome {
  if (username === '') return wrong('MOOR-NET-026', { host: url.host })
  return wrong('MOOR-NET-025', { host: url.host, account: username })
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function tokenOf(
  door: UpstreamDoor,
  { parameters }: Challenge,
  call: (to: URL, method: 'GET', headers?: Record<string, string>) => Promise<HttpAnswer>,
): Promise<Found> {
  const { url, username, sample } = door
  const realm = URL.parse(parameters.get('realm') ?? '')
  const facts = { host: url.host, realm: realm?.origin ?? '' }
  const isSafe = realm?.protocol === 'https:' || realm?.protocol === url.protocol
  if (realm === null || !isSafe) {
    const reason = 'the address of its tokens is no good'
    return { outcome: wrong('MOOR-NET-027', { ...facts, reason }) }
  }
  const service = parameters.get('service')
  if (service !== undefined) realm.searchParams.set('service', service)
  if (sample !== undefined) {
    realm.searchParams.set('scope', `repository:${partsOf(sample).repository}:pull`)
  }
  const answer = await call(
    realm,
    'GET',
    username === '' ? {} : { authorization: basicHeader(door) },
  )
  if (answer.status === 401 || answer.status === 403) return { outcome: refused(door) }
  const token = answer.status === 200 ? tokenIn(answer.body) : undefined
  if (token !== undefined) return { authorization: `Bearer ${token}` }
  const reason = `it answered ${answer.status}`
  return { outcome: wrong('MOOR-NET-027', { ...facts, reason }) }
}

function tokenIn(body: string): string | undefined {
  try {
    const { token, access_token } = JSON.parse(body) as Readonly<Record<string, unknown>>
    const found = token ?? access_token
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}

function partsOf(image: string): { repository: string; reference: string } {
  const at = image.lastIndexOf(':')
  return { repository: image.slice(0, at), reference: image.slice(at + 1) }
}

function manifestPath(image: string): string {
  const { repository, reference } = partsOf(image)
  const path = repository.split('/').map(encodeURIComponent).join('/')
  return `/v2/${path}/manifests/${encodeURIComponent(reference)}`
}

interface Limit {
  readonly limit: number
  readonly remaining: number
}

/** `ratelimit-remaining: 76;w=21600` */
function limitOf({ headers }: HttpAnswer): Limit | undefined {
  const [limit, remaining] = ['ratelimit-limit', 'ratelimit-remaining'].map((name) =>
    Number.parseInt(String(headers[name]), 10),
  )
  if (limit === undefined || remaining === undefined) return undefined
  return Number.isNaN(limit) || Number.isNaN(remaining) ? undefined : { limit, remaining }
}

function judgeLimit(host: string, { limit, remaining }: Limit): Outcome {
  if (remaining < fewDownloads) return doubtful('MOOR-NET-029', { host, limit, remaining })
  return fine(`${remaining} of ${limit} downloads are left`, { limit, remaining })
}
