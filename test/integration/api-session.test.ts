import Sqlite from 'better-sqlite3'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp, type Person } from '../support/people.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let ada: Person
let bob: Person
beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        ACTION_LOG_AUDIT_LOGIN_FAILURES: true,
      }),
    },
  })
  const root = await server.signedIn()
  ada = await signUp(server, root, 'ada')
  bob = await signUp(server, root, 'bob')
})
afterAll(() => server.stop())

/** What the log says of a kind, once something is there that fits. */
function logged(kind: string, fits: (metadata: Record<string, unknown>) => boolean) {
  return until(`an entry of ${kind}`, () => {
    const database = new Sqlite(join(server.dataDir, 'mooring.db'), { readonly: true })
    try {
      const rows = database
        .prepare(
          `select performer_id, ip, metadata_json from logentry3
           join logentrykind on logentrykind.id = kind_id where name = ?`,
        )
        .all(kind) as { performer_id: number | null; ip: string; metadata_json: string }[]
      return rows
        .map((row) => ({
          ...row,
          metadata: JSON.parse(row.metadata_json) as Record<string, unknown>,
        }))
        .find(({ metadata }) => fits(metadata))
    } finally {
      database.close()
    }
  })
}

const signIn = async (username: string, password: string, client = server.api()) => {
  await client.fetchCsrfToken()
  return client.request('POST', '/api/v1/signin', { username, password })
}

describe('signing in', () => {
  it('takes the name or the address, and gives another CSRF token', async () => {
    const client = server.api()
    const before = await client.fetchCsrfToken()
    const { username, password } = ada
    const answer = await client.request('POST', '/api/v1/signin', { username, password })
    expect(answer.json()).toEqual({ success: true })
    expect(answer.headers['x-next-csrf-token']).toMatch(/^[\w-]{64}$/)
    expect(answer.headers['x-next-csrf-token']).not.toBe(before)
    expect((await signIn('ada@example.com', password)).status).toBe(200)
    expect(await logged('login_success', (about) => about['type'] === 'quayauth')).toMatchObject({
      ip: '127.0.0.1',
      metadata: { type: 'quayauth', kind: 'user' },
    })
  })

  it('refuses a wrong password and says so in the log, without it', async () => {
    const answer = await signIn('nobody-there', 'not-this-one')
    expect(answer.status).toBe(403)
    expect(answer.json()).toEqual({
      needsEmailVerification: false,
      invalidCredentials: true,
      message: 'Invalid Username or Password',
    })
    const entry = await logged('login_failure', (about) => about['username'] === 'nobody-there')
    expect(entry).toMatchObject({
      performer_id: null,
      metadata: { type: 'quayauth', kind: 'user', message: 'Invalid Username or Password' },
    })
    expect(JSON.stringify(entry)).not.toContain('not-this-one')
  })

  it('is for people with their password: no token and no robot starts a session', async () => {
    const { token } = (await bob.api.post('/api/v1/user/apptoken', { title: 'x' })) as {
      token: { token_code: string }
    }
    for (const username of ['$app', 'bob']) {
      expect((await signIn(username, token.token_code)).status).toBe(403)
    }
  })

  it('makes who guesses wait, in plain text', async () => {
    for (let tries = 0; tries < 3; tries++) await signIn('guessed', 'wrong-password')
    const answer = await signIn('guessed', 'wrong-password')
    expect(answer.status).toBe(429)
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.text()).toBe(
      'Too many login attempts. \nPlease reset your Quay password and try again.',
    )
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })

  it('tells a disabled user', async () => {
    const root = await server.signedIn()
    const carl = await signUp(server, root, 'carl')
    await root.put('/api/v1/superuser/users/carl', { enabled: false })
    expect((await carl.api.request('GET', '/api/v1/user/')).status).toBe(401)
    const answer = await signIn('carl', carl.password)
    expect(answer.status).toBe(403)
    expect(answer.json()).toMatchObject({
      invalidCredentials: true,
      message: 'This user has been disabled. Please contact your administrator.',
    })
  })
})

describe('a session', () => {
  it('enters the password again', async () => {
    const client = await server.signedIn(ada)
    const wrong = await client.request('POST', '/api/v1/signin/verify', { password: 'wrong-one' })
    expect(wrong.status).toBe(403)
    expect(wrong.json()).toEqual({
      message: 'Invalid Username or Password',
      invalidCredentials: true,
    })
    const right = await until('the throttle to let go', async () => {
      const answer = await client.request('POST', '/api/v1/signin/verify', {
        password: ada.password,
      })
      return answer.status === 429 ? undefined : answer
    })
    expect(right.json()).toEqual({ success: true })
    expect(right.headers['x-next-csrf-token']).toBeDefined()
    await client.get('/api/v1/user/')
  })

  it('ends with all others of its user', async () => {
    const [one, other] = [await server.signedIn(bob), await server.signedIn(bob)]
    expect(await one.post('/api/v1/signout')).toEqual({ success: true })
    for (const client of [one, other]) {
      expect((await client.request('GET', '/api/v1/user/')).status).toBe(401)
    }
    await logged('logout_success', () => true)
    await (await server.signedIn(bob)).get('/api/v1/user/')
  })

  it('of nobody ends as well', async () => {
    const client = server.api()
    await client.fetchCsrfToken()
    expect(await client.post('/api/v1/signout')).toEqual({ success: true })
  })
})

describe('external logins', () => {
  it('of an unknown service do not begin', async () => {
    const client = server.api()
    await client.fetchCsrfToken()
    const path = '/api/v1/externallogin/nothing'
    const answer = await client.request('POST', path, { kind: 'login' })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({ error_type: 'invalid_request', status: 400 })
    expect((await client.request('POST', path, { kind: 'other' })).status).toBe(400)
  })

  it('are detached whether they were there or not', async () => {
    const client = await server.signedIn(ada)
    expect(await client.post('/api/v1/detachexternal/nothing')).toEqual({ success: true })
  })
})

describe('a recovery code', () => {
  const recover = async (username: string, code: string, newPassword: string) => {
    const client = server.api()
    await client.fetchCsrfToken()
    const body = { username, code, newPassword }
    return { client, answer: await client.request('POST', '/api/v1/mooring/recovery', body) }
  }

  it('sets a password and signs in, once, and ends the sessions before', async () => {
    const printed = await server.mooring(['user', 'recovery-codes', 'bob', '--json'])
    const { codes } = JSON.parse(printed) as { codes: string[] }
    expect(codes).toHaveLength(10)
    const earlier = server.api()
    expect((await signIn('bob', bob.password, earlier)).status).toBe(200)

    const typed = codes[3]?.toLowerCase().replaceAll('-', ' ') ?? ''
    const { client, answer } = await recover('bob', typed, 'another-password-of-bob')
    expect(answer.json()).toEqual({ success: true })
    expect((await client.request('GET', '/api/v1/user/')).json()).toMatchObject({ username: 'bob' })
    expect((await earlier.request('GET', '/api/v1/user/')).status).toBe(401)
    expect((await signIn('bob', 'another-password-of-bob')).status).toBe(200)
    const entry = await logged('account_change_password', () => true)
    expect(entry.metadata).toEqual({})

    const again = await recover('bob', typed, 'a-third-password')
    expect(again.answer.status).toBe(403)
    expect(again.answer.json()).toEqual({
      message: 'Invalid username or recovery code',
      invalidCredentials: true,
    })
    expect((await recover('bob', codes[4] ?? '', 'a-third-password')).answer.status).toBe(429)
  })

  it('says no more of a name that nobody has than of a wrong code', async () => {
    const { answer } = await recover('nobody-here', 'ABCD-EFGH-JKMN-PQRS', 'some-long-password')
    expect(answer.status).toBe(403)
    expect(answer.json()).toMatchObject({ message: 'Invalid username or recovery code' })
  })
})
