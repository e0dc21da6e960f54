import { describe, expect, it } from 'vitest'
import { Secret } from '../../config/secret.ts'
import { systemRandom } from '../../platform/random.ts'
import { createSessionService, isCsrfToken } from './session-service.ts'

const sessions = {
  cookieName: '_csrf_token',
  secure: true,
  permanent: true,
  lifeMs: 31 * 86_400_000,
  freshLoginMs: 600_000,
  xhrOnly: true,
}

function create(overrides: Partial<typeof sessions> = {}, secret = 'a key') {
  let now = 1_800_000_000_000
  const service = createSessionService({
    config: { sessions: { ...sessions, ...overrides }, secretKey: new Secret(secret) },
    clock: { now: () => now },
    random: systemRandom,
  })
  return { ...service, advance: (ms: number) => void (now += ms) }
}

/** What a browser sends back of a `Set-Cookie`. */
const sent = (cookie: string) => `other=1; ${cookie.split(';')[0] ?? ''}`

describe('a session', () => {
  it('comes back as it was given', async () => {
    const service = create()
    const session = service.signIn('uuid-of-ada')
    expect(await service.read(sent(await service.cookie(session)))).toEqual(session)
  })

  it('shows nothing of what is in it', async () => {
    const service = create()
    const cookie = await service.cookie(service.signIn('uuid-of-ada'))
    const readable = cookie.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    expect([cookie, ...readable].join()).not.toContain('uuid-of-ada')
  })

  it.each([
    ['changed', (cookie: string) => cookie.replace(/.(?=;)/, 'A').replace(/\.\w/, '.x')],
    ['cut', (cookie: string) => cookie.slice(0, 60)],
    ['nonsense', () => '_csrf_token=nonsense'],
    ['empty', () => '_csrf_token='],
  ])('that was %s is none', async (_what, spoil) => {
    const service = create()
    expect(await service.read(sent(spoil(await service.cookie(service.start()))))).toBeUndefined()
  })

  it('of another key is none', async () => {
    const cookie = await create().cookie(create().start())
    expect(await create({}, 'another key').read(sent(cookie))).toBeUndefined()
  })

  it('ends after its life', async () => {
    const service = create()
    const cookie = sent(await service.cookie(service.start()))
    service.advance(sessions.lifeMs - 1_000)
    expect(await service.read(cookie)).toBeDefined()
    service.advance(2_000)
    expect(await service.read(cookie)).toBeUndefined()
  })

  it('in use is renewed before it ends, with the time of the password kept', () => {
    const service = create()
    const session = service.signIn('ada')
    expect(service.isDue(session)).toBe(false)
    service.advance(3 * 86_400_000)
    expect(service.isDue(session)).toBe(true)
    const renewed = service.renew(session)
    expect(service.isDue(renewed)).toBe(false)
    expect(service.isFresh(renewed)).toBe(false)
  })

  it('is fresh for as long as the configuration says', () => {
    const service = create()
    const session = service.signIn('ada')
    expect(service.isFresh(session)).toBe(true)
    service.advance(600_001)
    expect(service.isFresh(session)).toBe(false)
    expect(service.isFresh(service.start())).toBe(false)
  })

  it('ends with the browser when the configuration says so', async () => {
    const service = create({ permanent: false, secure: false })
    const cookie = await service.cookie(service.start())
    expect(cookie).not.toMatch(/Max-Age|Secure/)
  })

  it('is written by whoever repeats its CSRF token', () => {
    const session = create().start()
    expect(session.csrfToken).toMatch(/^[\w-]{64}$/)
    expect(isCsrfToken(session, session.csrfToken)).toBe(true)
    for (const other of [undefined, '', session.csrfToken.slice(1), `${session.csrfToken}x`]) {
      expect(isCsrfToken(session, other)).toBe(false)
    }
    expect(isCsrfToken(undefined, session.csrfToken)).toBe(false)
  })
})
