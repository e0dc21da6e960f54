import type { ApiClient } from '../../support/api-client.ts'
import type { TestServer } from '../../support/server.ts'
import type { Login } from '../../support/world.ts'

export interface Caller {
  readonly name: string
  /** Headers of a session that is alive; a call may have ended the one before. */
  credentials(): Promise<Readonly<Record<string, string>>>
  /** Everything that must not be found in a log. */
  secrets(): readonly string[]
}

/** Somebody with a session, who signs in again when it has ended. */
export function createCaller(server: TestServer, login: Login): Caller {
  let client: ApiClient | undefined
  const known = new Set<string>([login.password])

  return {
    name: login.username,
    secrets: () => [...known],
    async credentials() {
      if (client === undefined || !(await isAlive(client))) client = await server.signedIn(login)
      const token = await client.fetchCsrfToken()
      const cookies = [...client.cookies()]
      for (const secret of [token, ...cookies.map(([, value]) => value)]) known.add(secret)
      return {
        cookie: cookies.map(([name, value]) => `${name}=${value}`).join('; '),
        'x-csrf-token': token,
      }
    },
  }
}

async function isAlive(client: ApiClient): Promise<boolean> {
  return (await client.request('GET', '/api/v1/user/')).status === 200
}
