import { createHttpClient, type Headers, type Response } from './http-request.ts'

export type ApiClient = ReturnType<typeof createApiClient>

export interface ApiClientOptions {
  /** Address without a path, such as `https://127.0.0.1:8443`. */
  readonly baseUrl: string
  readonly ca?: string | Buffer
  /** An OAuth token; without one the client has a session. */
  readonly bearer?: string
}

/** The management API as a script or a browser speaks it: cookies, the CSRF token, JSON. */
export function createApiClient({ baseUrl, ca, bearer }: ApiClientOptions) {
  const http = createHttpClient(ca === undefined ? {} : { ca })
  const cookies = new Map<string, string>()
  let csrfToken: string | undefined

  const credentials = (): Headers => ({
    ...(cookies.size > 0 && {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    }),
    ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
  })

  async function request(
    method: string,
    path: string,
    body?: unknown,
    headers: Headers = {},
  ): Promise<Response> {
    const answer = await http.request(method, new URL(path, baseUrl).href, {
      headers: {
        ...credentials(),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    for (const cookie of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const next = answer.headers['x-next-csrf-token']
    if (typeof next === 'string') csrfToken = next
    return answer
  }

  /** The body of an answer that has to have this status. */
  async function call(status: number, method: string, path: string, body?: unknown) {
    const answer = await request(method, path, body)
    if (answer.status !== status) {
      throw new Error(
        `${method} ${path}: expected ${String(status)}, got ${String(answer.status)} ${answer.text()}`,
      )
    }
    return answer.body.length === 0 ? undefined : answer.json()
  }

  async function fetchCsrfToken(): Promise<string> {
    const { csrf_token } = (await call(200, 'GET', '/csrf_token')) as { csrf_token: string }
    return (csrfToken = csrf_token)
  }

  return {
    baseUrl,
    request,
    fetchCsrfToken,

    /** Sends bytes instead of JSON. */
    send: (method: string, path: string, body: Buffer, headers: Headers) =>
      http.request(method, new URL(path, baseUrl).href, {
        headers: { ...credentials(), ...headers },
        body,
      }),

    /** Hands out what is sent while it arrives. */
    open: (path: string, headers: Headers = {}) =>
      http.open('GET', new URL(path, baseUrl).href, { headers: { ...credentials(), ...headers } }),

    /** Body of an answer that is 200, or whatever status is given. */
    get: (path: string, status = 200) => call(status, 'GET', path),
    post: (path: string, body?: unknown, status = 200) => call(status, 'POST', path, body),
    put: (path: string, body?: unknown, status = 200) => call(status, 'PUT', path, body),
    delete: (path: string, status = 204) => call(status, 'DELETE', path),

    async signIn(username: string, password: string): Promise<void> {
      await fetchCsrfToken()
      await call(200, 'POST', '/api/v1/signin', { username, password })
    },

    /** Forgets the session, as a closed browser does. */
    forget() {
      cookies.clear()
      csrfToken = undefined
    },

    cookies: (): ReadonlyMap<string, string> => cookies,
    close: () => http.close(),
  }
}
