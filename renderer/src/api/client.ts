import { ApiError, UnreachableError } from './api-error.ts'
import type { Input, InputOf, Operation, Output } from './operations.ts'

export interface ClientHooks {
  /** The server wants the password again: resolves to true when it was given and the call may go on. */
  readonly askAgain: () => Promise<boolean>
  /** The session is over: resolves to true when there is one again and the call may go on. */
  readonly ended: () => Promise<boolean>
  /** Whether a call may be made here at all. */
  readonly mayCall: (operation: string) => Promise<boolean>
  /** Whether the last call reached the server. */
  readonly reached: (isReached: boolean) => void
}

interface AnyInput {
  readonly params?: Readonly<Record<string, string>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
  /** In the place of a body, for routes that take bytes. */
  readonly bytes?: Blob
  /** Where in a file they belong: `bytes first-last/total`. */
  readonly range?: string | undefined
  readonly signal?: AbortSignal
}

export type Client = ReturnType<typeof createClient>

/** The one place that speaks with the server, in the words of its contract. */
export function createClient(hooks: ClientHooks) {
  let csrfToken: string | undefined
  /** Several calls that need the password ask for it once. */
  let asking: Promise<boolean> | undefined
  let returning: Promise<boolean> | undefined

  async function send(url: string, init: RequestInit): Promise<Response> {
    try {
      const response = await fetch(url, { credentials: 'same-origin', ...init })
      // What answers in the place of a server that is gone: a proxy, or the door of one that starts.
      hooks.reached(response.status !== 502 && response.status !== 504)
      return response
    } catch (error) {
      if (init.signal?.aborted !== true) hooks.reached(false)
      throw init.signal?.aborted === true ? error : new UnreachableError(error)
    }
  }

  async function freshCsrfToken(): Promise<string> {
    const response = await send('/csrf_token', { headers: asPage })
    const body: unknown = await readBody(response)
    const token = (body as { csrf_token?: unknown } | null)?.csrf_token
    if (typeof token !== 'string') throw new ApiError(response.status, body, requestIdOf(response))
    csrfToken = token
    return token
  }

  async function attempt(method: string, url: string, input: AnyInput): Promise<Response> {
    const isRead = method === 'GET'
    const headers: Record<string, string> = { ...asPage, Accept: 'application/json' }
    if (!isRead) headers['X-CSRF-Token'] = csrfToken ?? (await freshCsrfToken())
    if (input.body !== undefined) headers['Content-Type'] = 'application/json'
    if (input.bytes !== undefined) headers['Content-Type'] = 'application/octet-stream'
    if (input.range !== undefined) headers['Content-Range'] = input.range
    const response = await send(url, {
      method,
      headers,
      ...(input.body !== undefined && { body: JSON.stringify(input.body) }),
      ...(input.bytes !== undefined && { body: input.bytes }),
      ...(input.signal !== undefined && { signal: input.signal }),
    })
    csrfToken = response.headers.get('X-Next-CSRF-Token') ?? csrfToken
    return response
  }

  async function call<K extends Operation>(
    operation: K,
    ...[input]: InputOf<K>
  ): Promise<Output<K>> {
    const given: AnyInput = (input as AnyInput | undefined) ?? {}
    const { method, url } = addressOf(operation, given)
    if (!(await hooks.mayCall(operation))) throw new ApiError(403, undefined, undefined)
    // The token of a session that ended is refused once; one of the new session is not.
    let mayRenew = true
    let mayReturn = operation !== 'GET /api/v1/user/'
    for (;;) {
      const response = await attempt(method, url, given)
      const body = await readBody(response)
      if (response.ok) return body as Output<K>
      const error = new ApiError(response.status, body, requestIdOf(response))
      if (isStaleCsrf(error) && mayRenew) {
        mayRenew = false
        csrfToken = undefined
        continue
      }
      if (error.code === 'fresh_login_required') {
        asking ??= hooks.askAgain().finally(() => (asking = undefined))
        if (await asking) continue
        throw error
      }
      if (error.status === 401 && mayReturn) {
        mayReturn = false
        returning ??= hooks.ended().finally(() => (returning = undefined))
        if (await returning) continue
      }
      throw error
    }
  }

  return {
    call,
    /** Sends bytes as they are, to a route that takes them. */
    sendBytes<K extends Operation>(
      operation: K,
      input: Input<K> & { readonly bytes: Blob; readonly range?: string | undefined },
    ): Promise<Output<K>> {
      // More than the contract says of a call; what a call reads of it is in AnyInput.
      return call(operation, ...([input] as readonly Input<K>[] as InputOf<K>))
    },
    /** A session began or ended: its token is another one. */
    forgetToken() {
      csrfToken = undefined
    },
    /** Where a browser gets what a route answers with as a file. */
    address<K extends Operation>(operation: K, ...[input]: InputOf<K>): string {
      return addressOf(operation, (input as AnyInput | undefined) ?? {}).url
    },
  }
}

const asPage = { 'X-Requested-With': 'XMLHttpRequest' }

function addressOf(
  operation: string,
  { params, query }: AnyInput,
): { method: string; url: string } {
  const space = operation.indexOf(' ')
  const path = operation.slice(space + 1).replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = params?.[name]
    if (value === undefined || value === '') throw new TypeError(`${operation} needs ${name}`)
    // A repository is named with slashes; everything else is one segment.
    const parts = name === 'repository' ? value.split('/') : [value]
    return parts.map(encodeURIComponent).join('/')
  })
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === '') continue
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item))
  }
  const text = search.toString()
  return { method: operation.slice(0, space), url: text === '' ? path : `${path}?${text}` }
}

async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await response.text()
  if (text === '') return undefined
  if (!(response.headers.get('Content-Type') ?? '').includes('json')) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const requestIdOf = (response: Response) => response.headers.get('X-Request-Id') ?? undefined

const isStaleCsrf = (error: ApiError) => error.status === 403 && /csrf/i.test(error.message)
