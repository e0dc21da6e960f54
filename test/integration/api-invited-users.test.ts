import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startMailServer, type MailServer } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const team = '/api/v1/organization/acme/team/crew'
const password = 'long-enough'
let mail: MailServer
let server: TestServer
let root: ApiClient

beforeAll(async () => {
  mail = await startMailServer()
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_INVITE_ONLY_USER_CREATION: true,
        FEATURE_MAILING: true,
        MAIL_SERVER: '127.0.0.1',
        MAIL_PORT: mail.port,
        MAIL_USE_TLS: false,
      }),
    },
  })
  root = await server.signedIn()
  await root.post('/api/v1/organization/', { name: 'acme', email: 'ops@acme.io' }, 201)
  await root.put(team, { role: 'member' })
})
afterAll(async () => {
  await server.stop()
  await mail[Symbol.asyncDispose]()
})

const emailOf = (username: string) => `${username}@example.com`

/** The code that whoever reads the mails of an address finds in the newest invitation. */
async function inviteByMail(email: string): Promise<string> {
  await root.put(`${team}/invite/${email}`)
  const { text } = await mail.waitFor(email, 'Invitation to join team')
  return /confirminvite\?code=(\w+)/.exec(text)?.[1] ?? ''
}

async function stranger(): Promise<ApiClient> {
  const client = server.api()
  await client.fetchCsrfToken()
  return client
}

const signUp = (client: ApiClient, username: string, more: object = {}) =>
  client.request('POST', '/api/v1/user/', {
    ...{ username, password, email: emailOf(username) },
    ...more,
  })

describe('signing up where only the invited may', () => {
  it.each([undefined, ''])('is refused with the code %j', async (invite_code) => {
    const answer = await signUp(await stranger(), 'uninvited', { invite_code })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      error_type: 'invalid_request',
      detail: 'Cannot create non-invited user',
    })
    await root.get('/api/v1/users/uninvited', 404)
  })

  it('is refused with a code that nobody was sent', async () => {
    const answer = await signUp(await stranger(), 'guesser', { invite_code: 'A'.repeat(64) })
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      error_type: 'invalid_request',
      detail:
        'Creation of a user account for this e-mail is disabled; please contact an administrator',
    })
    await root.get('/api/v1/users/guesser', 404)
  })

  it('is refused with the code of another address, and of an invitation taken back', async () => {
    const invite_code = await inviteByMail(emailOf('wanted'))
    expect((await signUp(await stranger(), 'thief', { invite_code })).status).toBe(400)
    await root.delete(`${team}/invite/${emailOf('wanted')}`)
    expect((await signUp(await stranger(), 'wanted', { invite_code })).status).toBe(400)
  })

  it('signs in at once with the code, which confirms the address and opens the team', async () => {
    const invite_code = await inviteByMail(emailOf('ada'))
    const client = await stranger()
    const answer = await signUp(client, 'ada', { invite_code })
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({ username: 'ada', email: emailOf('ada'), verified: true })
    expect(await client.put(`/api/v1/teaminvite/${invite_code}`)).toEqual({
      ...{ org: 'acme', team: 'crew' },
    })
    const again = await stranger()
    await again.signIn('ada', password)
    expect(mail.mails.filter(({ subject }) => subject.includes('confirm'))).toEqual([])

    const used = await signUp(await stranger(), 'second', { email: emailOf('ada'), invite_code })
    expect(used.status).toBe(400)
  })
})

describe('signing in with the code of an invitation', () => {
  const signIn = async (username: string, secret: string, invite_code?: string) =>
    (await stranger()).request('POST', '/api/v1/signin', {
      ...{ username, password: secret, invite_code },
    })
  async function unconfirmed(username: string): Promise<string> {
    const made = await root.post('/api/v1/superuser/users/', {
      ...{ username, email: emailOf(username) },
    })
    return (made as { password: string }).password
  }
  const waiting = { needsEmailVerification: true, invalidCredentials: false, message: null }

  it('confirms the address that it was sent to, for good', async () => {
    const secret = await unconfirmed('bob')
    const early = await signIn('bob', secret)
    expect([early.status, early.json()]).toEqual([403, waiting])
    const code = await inviteByMail(emailOf('bob'))
    const answer = await signIn('bob', secret, code)
    expect([answer.status, answer.json()]).toEqual([200, { success: true }])
    expect((await signIn('bob', secret)).status).toBe(200)
    const client = await server.signedIn({ username: 'bob', password: secret })
    expect(await client.get('/api/v1/user/')).toMatchObject({ verified: true })
  })

  it('confirms no other address, and is no password', async () => {
    const secret = await unconfirmed('carl')
    const foreign = await inviteByMail(emailOf('dora'))
    for (const code of [foreign, 'A'.repeat(64), '']) {
      const answer = await signIn('carl', secret, code)
      expect([answer.status, answer.json()]).toEqual([403, waiting])
    }
    const own = await inviteByMail(emailOf('carl'))
    const answer = await signIn('carl', 'not-the-password', own)
    expect([answer.status, answer.json()]).toMatchObject([403, { invalidCredentials: true }])
  })
})
