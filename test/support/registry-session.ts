import type { IncomingMessage } from 'node:http'
import { createHttpClient, type RequestOptions, type Response } from './http-request.ts'

export interface RegistryClientOptions {
  /** Address without a path, such as `https://127.0.0.1:8443`. */
  readonly baseUrl: string
  readonly ca?: string | Buffer
  readonly username?: string
  readonly password?: string
  readonly maxSockets?: number
  readonly idleMs?: number
}

export type RegistrySession = ReturnType<typeof createRegistrySession>

/** Requests to a registry that answer its challenges: Basic, or Bearer through the token service. */
export function createRegistrySession(options: RegistryClientOptions) {
  const { baseUrl, username, password = '' } = options
  const http = createHttpClient(options)
  const basic =
    username === undefined
      ? undefined
      : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  /** What to send for a repository and action, learned from a challenge. */
  const credentials = new Map<string, string>()

  async function fetchToken(realm: string, service: string | undefined, scopes: readonly string[]) {
    const url = new URL(realm)
    if (service !== undefined) url.searchParams.set('service', service)
    for (const scope of scopes) url.searchParams.append('scope', scope)
    const answer = await http.request('GET', url.href, { headers: { authorization: basic } })
    if (answer.status !== 200) {
      throw new Error(`the token service answered ${answer.status}: ${answer.text()}`)
    }
    const { token, access_token } = answer.json() as { token?: string; access_token?: string }
    return `Bearer ${token ?? access_token ?? ''}`
  }

  async function answerChallenge(challenge: string): Promise<string | undefined> {
    if (/^basic\b/i.test(challenge)) return basic
    const { realm, service, scope } = parseChallenge(challenge)
    if (realm === undefined) return undefined
    return fetchToken(realm, service, scope === undefined ? [] : scope.split(' '))
  }

  /** One entry a repository and kind of access: a token for reading does not open writing. */
  function credentialKey(method: string, url: URL): string {
    const repository = /^\/v2\/(.+)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1]
    const writes = !['GET', 'HEAD'].includes(method) || url.pathname.includes('/blobs/uploads/')
    // Mounting asks for a second repository, so its token is not the ordinary one.
    const from = url.searchParams.get('from') ?? ''
    return `${repository ?? url.pathname} ${writes ? 'write' : 'read'} ${from}`
  }

  async function withChallenge<T extends { status: number; challenge: string | undefined }>(
    method: string,
    url: URL,
    send: (authorization: string | undefined) => Promise<T>,
    discard: (answer: T) => void,
  ): Promise<T> {
    const key = credentialKey(method, url)
    const first = await send(credentials.get(key))
    if (first.status !== 401 || first.challenge === undefined) return first
    const authorization = await answerChallenge(first.challenge)
    if (authorization === undefined) return first
    credentials.set(key, authorization)
    discard(first)
    return send(authorization)
  }

  return {
    baseUrl,
    fetchToken,

    /** @param path a path of the registry or a whole address, as `Location` may hold either. */
    async request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
      const url = new URL(path, baseUrl)
      const send = async (authorization: string | undefined) => {
        const headers = { authorization, ...options.headers }
        const response = await http.request(method, url.href, { ...options, headers })
        const { status } = response
        return { response, status, challenge: response.headers['www-authenticate'] }
      }
      return (await withChallenge(method, url, send, () => undefined)).response
    },

    /** As `request`, for a body that is read while it arrives. */
    async open(
      method: string,
      path: string,
      options: RequestOptions = {},
    ): Promise<IncomingMessage> {
      const url = new URL(path, baseUrl)
      const send = async (authorization: string | undefined) => {
        const headers = { authorization, ...options.headers }
        const message = await http.open(method, url.href, { ...options, headers })
        const status = message.statusCode ?? 0
        return { message, status, challenge: message.headers['www-authenticate'] }
      }
      return (await withChallenge(method, url, send, ({ message }) => message.resume())).message
    },

    close(): void {
      http.close()
    },
  }
}

/** The parameters of a `WWW-Authenticate: Bearer` header. */
export function parseChallenge(header: string): {
  readonly realm?: string
  readonly service?: string
  readonly scope?: string
} {
  const pairs = header.matchAll(/([a-z]+)="([^"]*)"/gi)
  return Object.fromEntries(Array.from(pairs, ([, name = '', value = '']) => [name, value]))
}
