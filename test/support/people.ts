import type { ApiClient } from './api-client.ts'
import type { TestServer } from './server.ts'

export interface Person {
  readonly username: string
  readonly password: string
  /** With a session of its own. */
  readonly api: ApiClient
}

/** Has the superuser create an account, and signs it in. */
export async function signUp(
  server: TestServer,
  superuser: ApiClient,
  username: string,
): Promise<Person> {
  const email = `${username}@example.com`
  const made = (await superuser.post('/api/v1/superuser/users/', { username, email })) as {
    password: string
  }
  const account = { username, password: made.password }
  return { ...account, api: await server.signedIn(account) }
}
