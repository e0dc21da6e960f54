import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startMailServer, type MailServer, type ReceivedMail } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let mail: MailServer
let server: TestServer
let root: ApiClient
beforeAll(async () => {
  mail = await startMailServer()
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        FEATURE_USER_INITIALIZE: true,
        FEATURE_MAILING: true,
        MAIL_SERVER: '127.0.0.1',
        MAIL_PORT: mail.port,
        MAIL_USE_TLS: false,
        REGISTRY_TITLE_SHORT: 'Harbor',
      }),
    },
  })
})
afterAll(async () => {
  await server.stop()
  await mail[Symbol.asyncDispose]()
})

const password = 'long-enough'
/** The path of the link in a mail, as the server behind the address of the test has it. */
const linkIn = ({ text }: ReceivedMail) => new URL(/https?:\/\/\S+/.exec(text)?.[0] ?? '')
const follow = (client: ApiClient, link: URL) =>
  client.request('GET', `${link.pathname}${link.search}`)

async function stranger(): Promise<ApiClient> {
  const client = server.api()
  await client.fetchCsrfToken()
  return client
}

async function signUp(username: string, more: object = {}) {
  const client = await stranger()
  const email = `${username}@example.com`
  const answer = await client.request('POST', '/api/v1/user/', {
    ...{ username, password, email },
    ...more,
  })
  return { client, answer, email }
}

/** An account with a confirmed address, signed in. */
async function confirmed(username: string) {
  const { client, email } = await signUp(username)
  await follow(client, linkIn(await mail.waitFor(email, 'confirm')))
  await client.signIn(username, password)
  return { client, email }
}

describe('POST /user/initialize', () => {
  it('makes the first account, with a token, without a session or a CSRF token', async () => {
    const client = server.api()
    const initialize = (body: object) =>
      client.request('POST', '/api/v1/user/initialize', { password, ...body })
    const wrong = await initialize({ username: 'UPPER' })
    expect(wrong.status).toBe(400)
    expect((wrong.json() as { message: string }).message).toMatch(/^Failed to initialize user: /)

    const answer = await initialize({
      ...{ username: 'quay', email: 'quay@example.com', access_token: true },
    })
    expect(answer.status).toBe(200)
    const body = answer.json() as { access_token: string; encrypted_password: string }
    expect(body).toMatchObject({ username: 'quay', email: 'quay@example.com' })
    expect(answer.headers['x-next-csrf-token']).toBeDefined()
    await client.get('/api/v1/user/')
    const bearer = server.api(body.access_token)
    expect(await bearer.get('/api/v1/user/')).toMatchObject({ username: 'quay', super_user: true })
    const docker = server.client({ username: 'quay', password: body.encrypted_password })
    expect((await docker.request('GET', '/v2/')).status).toBe(200)

    const again = await initialize({ username: 'other' })
    expect(again.status).toBe(400)
    expect(again.json()).toEqual({ message: 'Cannot initialize user in a non-empty database' })
    root = await server.signedIn({ username: 'quay', password })
  })
})

describe('signing up while mails are sent', () => {
  it('needs an address, which has to be confirmed before signing in', async () => {
    const without = await signUp('nomail', { email: undefined })
    expect(without.answer.json()).toMatchObject({ detail: 'Email address is required' })

    const { client, answer } = await signUp('ada')
    expect(answer.json()).toEqual({ awaiting_verification: true })
    expect((await client.request('GET', '/api/v1/user/')).status).toBe(401)
    const early = await client.request('POST', '/api/v1/signin', { username: 'ada', password })
    expect(early.status).toBe(403)
    expect(early.json()).toEqual({
      needsEmailVerification: true,
      invalidCredentials: false,
      message: null,
    })

    const message = await mail.waitFor('ada@example.com', 'Please confirm your e-mail address')
    expect(message.subject).toBe('[Harbor] Please confirm your e-mail address')
    const link = linkIn(message)
    const browser = server.api()
    const landed = await browser.request('GET', `${link.pathname}${link.search}`, undefined, {
      'user-agent': 'Mozilla/5.0 Firefox/140.0',
    })
    expect([landed.status, landed.headers['location']]).toEqual([302, '/'])
    expect(await browser.get('/api/v1/user/')).toMatchObject({ username: 'ada', verified: true })

    const twice = await follow(server.api(), link)
    expect(twice.headers['location']).toMatch(/^\/signin\?error=confirmation&/)
    await (await stranger()).signIn('ada', password)
  })

  it('refuses an address that is none', async () => {
    const { answer } = await signUp('long', { email: 'ada at example.com' })
    expect(answer.json()).toMatchObject({ detail: 'Invalid email address: ada at example.com' })
  })
})

describe('a new address', () => {
  it('is taken when it was confirmed, and the old one is told', async () => {
    const { client, email } = await confirmed('bob')
    const changed = await client.put('/api/v1/user/', { email: 'robert@example.com' })
    expect(changed).toMatchObject({ email })
    const message = await mail.waitFor('robert@example.com', 'E-mail address change requested')
    await follow(server.api(), linkIn(message))
    expect(await client.get('/api/v1/user/')).toMatchObject({ email: 'robert@example.com' })
    const notice = await mail.waitFor(email, 'Account e-mail address changed')
    expect(notice.text).toContain('robert@example.com')
  })

  it('that somebody else took meanwhile is refused', async () => {
    const { client } = await confirmed('carl')
    await client.put('/api/v1/user/', { email: 'wanted@example.com' })
    const message = await mail.waitFor('wanted@example.com', 'change requested')
    await root.post('/api/v1/superuser/users/', { username: 'quick', email: 'wanted@example.com' })
    const answer = await follow(server.api(), linkIn(message))
    expect(answer.headers['location']).toContain('E-mail+address+already+used')
    expect(await client.get('/api/v1/user/')).toMatchObject({ email: 'carl@example.com' })
  })
})

describe('recovery', () => {
  const ask = async (email: string) =>
    (await stranger()).post('/api/v1/recovery', { email }) as Promise<Record<string, string>>

  it('lets in whoever reads the mails, to choose a new password', async () => {
    const { email } = await confirmed('dan')
    expect(await ask(email)).toEqual({ status: 'sent' })
    const link = linkIn(await mail.waitFor(email, 'Account recovery'))
    expect(link.pathname).toBe('/recovery')
    const browser = server.api()
    const landed = await follow(browser, link)
    expect(landed.headers['location']).toBe('/user/dan?tab=settings&action=password')
    await browser.fetchCsrfToken()
    await browser.put('/api/v1/user/', { password: 'chosen-anew' })
    await (await stranger()).signIn('dan', 'chosen-anew')
    await mail.waitFor(email, 'Account password changed')
    expect((await follow(server.api(), link)).headers['location']).toContain('/signin?error=')
  })

  it('answers the same for an address that nobody has', async () => {
    expect(await ask('nobody@example.com')).toEqual({ status: 'sent' })
    expect(await ask('no address at all')).toEqual({ status: 'sent' })
  })

  it('tells who administers an organization, and shows half of its name', async () => {
    await root.post('/api/v1/organization/', { name: 'acmehome', email: 'o@example.com' }, 201)
    expect(await ask('o@example.com')).toEqual({
      status: 'org',
      orgemail: 'o@example.com',
      orgname: 'ac••••me',
    })
    const message = await mail.waitFor('o@example.com', 'Organization acmehome recovery')
    expect(message.text).toContain('quay')
  })

  it('does not take the code of another kind of mail', async () => {
    const { email } = await signUp('eve')
    const { search } = linkIn(await mail.waitFor(email, 'confirm'))
    const answer = await server.api().request('GET', `/recovery${search}`)
    expect(answer.headers['location']).toContain('/signin?error=')
    const right = await server.api().request('GET', `/confirm${search}`)
    expect(right.headers['location']).toBe('/')
  })

  it('is sent by a superuser to anybody but superusers', async () => {
    const { email } = await confirmed('fay')
    const send = (name: string) =>
      root.request('POST', `/api/v1/superusers/users/${name}/sendrecovery`)
    expect((await send('fay')).json()).toEqual({ email })
    await mail.waitFor(email, 'Account recovery')
    expect((await send('quay')).json()).toMatchObject({
      detail: 'Cannot send a recovery email for a superuser',
    })
    expect((await send('nobody')).status).toBe(404)
  })
})

describe('other people', () => {
  it('show their name and picture, and no more', async () => {
    const avatar = expect.objectContaining({ name: 'ada', kind: 'user' }) as unknown
    const shown = { anonymous: false, username: 'ada', avatar }
    expect(await server.api().get('/api/v1/users/ada')).toEqual(shown)
    expect(await root.get('/api/v1/users/ada')).toEqual({ ...shown, super_user: false })
  })

  it.each(['nobody', 'acmehome', 'ada+robot'])('%s is nobody', async (name) => {
    const answer = await server.api().request('GET', `/api/v1/users/${encodeURIComponent(name)}`)
    expect(answer.status).toBe(404)
    expect(Object.keys(answer.json() as object)).toEqual(['message'])
  })
})

describe('notifications', () => {
  it('tell of an invitation until they are dismissed', async () => {
    const { client } = await confirmed('kim')
    await root.put('/api/v1/organization/acmehome/team/crew', { role: 'member' })
    await root.request('PUT', '/api/v1/organization/acmehome/team/crew/members/kim', {})
    const list = async () =>
      (await client.get('/api/v1/user/notifications?limit=1')) as {
        notifications: { id: string; kind: string; created: string; dismissed: boolean }[]
      }
    const [invitation] = (await list()).notifications
    expect(invitation).toMatchObject({ kind: 'org_team_invite', dismissed: false })
    expect(invitation?.created).toMatch(/-0000$/)
    const path = `/api/v1/user/notifications/${invitation?.id ?? ''}`
    expect((await root.request('PUT', path, { dismissed: true })).status).toBe(404)
    expect(await client.put(path, { dismissed: true })).toMatchObject({ dismissed: true })
    expect((await list()).notifications).toEqual([])
    expect(await client.put(path, {})).toMatchObject({ dismissed: false })
  })
})
