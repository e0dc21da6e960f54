/** A browser's session with the management API, for measuring. */
export interface Session {
  /** Body of an answer that has to be 200. */
  get(path: string): Promise<unknown>
  /** Body of an answer that has to be good, if it has one. */
  send(method: 'POST' | 'PUT', path: string, body: unknown): Promise<unknown>
  /** What happens, as the server tells it, until the caller has heard enough. */
  events(topic: string): Promise<AsyncIterable<unknown>>
}

export async function signIn(origin: string, username: string, password: string): Promise<Session> {
  const cookies = new Map<string, string>()
  let csrf = ''
  async function call(
    path: string,
    init: RequestInit = {},
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(new URL(path, origin), {
      ...init,
      redirect: 'error',
      headers: { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json', ...more },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    csrf = answer.headers.get('x-next-csrf-token') ?? csrf
    if (!answer.ok) {
      throw new Error(`${path} answered ${String(answer.status)}`)
    }
    return answer
  }
  csrf = ((await (await call('/csrf_token')).json()) as { csrf_token: string }).csrf_token
  const body = JSON.stringify({ username, password })
  const signedIn = await call('/api/v1/signin', { method: 'POST', body })
  await signedIn.text()
  return {
    get: async (path) => (await call(path)).json(),
    async send(method, path, body) {
      const text = await (await call(path, { method, body: JSON.stringify(body) })).text()
      return text === '' ? undefined : (JSON.parse(text) as unknown)
    },
    async events(topic) {
      const path = `/api/v1/mooring/events?topics=${topic}`
      const { body } = await call(path, {}, { accept: 'text/event-stream' })
      if (body === null) throw new Error(`${path} told nothing`)
      return dataOf(body.pipeThrough(new TextDecoderStream()))
    },
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
async function* dataOf(texts: AsyncIterable<string>): AsyncGenerator {
  let rest = ''
  for await (const text of texts) {
    const events = (rest + text).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      const [, data] = /^data: (.*)$/m.exec(event) ?? []
      if (data !== undefined) yield JSON.parse(data) as unknown
    }
  }
}
