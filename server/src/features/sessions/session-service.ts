import { createHash, hkdfSync, timingSafeEqual } from 'node:crypto'

import { EncryptJWT, jwtDecrypt } from 'jose'
import { z } from 'zod'

import type { Config } from '../../config/config.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'

export type SessionService = ReturnType<typeof createSessionService>

/** What a browser carries in its cookie. */
export interface Session {
  /** Names the user by an id that is replaced at sign-out and with the password: that ends sessions. */
  readonly accountUuid?: string | undefined
  readonly csrfToken: string
  /** When the password was last entered. */
  readonly freshAt?: Instant | undefined
  readonly issuedAt: Instant
}

const Claims = z.object({
  user: z.string().optional(),
  csrf: z.string(),
  fresh: z.number().optional(),
  issued: z.number(),
})

const csrfBytes = 48
/** A cookie is renewed when this share of its life is over, so that a session in use never ends. */
const renewAfter = 0.05

/**
 * Sessions are cookies, encrypted and authenticated under SECRET_KEY (api-shapes, 1.5): several
 * instances share them without a table, and they work while the registry is read-only.
 */
export function createSessionService({
  config,
  clock,
  random,
}: {
  config: Pick<Config, 'sessions' | 'secretKey'>
  clock: Clock
  random: Random
}) {
  const { cookieName, secure, permanent, lifeMs } = config.sessions
  const key = new Uint8Array(
    hkdfSync('sha256', config.secretKey.reveal(), '', 'mooring session cookie', 32),
  )
  const flags = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`

  const newCsrfToken = () => random.bytes(csrfBytes).toString('base64url')

  return {
    /** The session of a request; undefined when there is none, or it is over, or nobody of ours made it. */
    async read(cookies: string | undefined): Promise<Session | undefined> {
      const sealed = cookieValue(cookies, cookieName)
      if (sealed === undefined) return undefined
      try {
        const { payload } = await jwtDecrypt(sealed, key, {
          currentDate: new Date(clock.now()),
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        const { user, csrf, fresh, issued } = Claims.parse(payload)
        return { accountUuid: user, csrfToken: csrf, freshAt: fresh, issuedAt: issued }
      } catch {
        return undefined
      }
    },

    start: (): Session => ({ csrfToken: newCsrfToken(), issuedAt: clock.now() }),

    /** Somebody entered a password, or came with a login that counts as that: everything is new. */
    signIn: (accountUuid: string): Session => ({
      accountUuid,
      csrfToken: newCsrfToken(),
      freshAt: clock.now(),
      issuedAt: clock.now(),
    }),

    isDue: ({ issuedAt }: Session): boolean => clock.now() - issuedAt > lifeMs * renewAfter,

    renew: (session: Session): Session => ({ ...session, issuedAt: clock.now() }),

    isFresh: ({ freshAt }: Session): boolean =>
      freshAt !== undefined && clock.now() - freshAt <= config.sessions.freshLoginMs,

    /** The value of a `Set-Cookie` header. */
    async cookie({ accountUuid, csrfToken, freshAt, issuedAt }: Session): Promise<string> {
      const sealed = await new EncryptJWT({
        ...(accountUuid !== undefined && { user: accountUuid }),
        csrf: csrfToken,
        ...(freshAt !== undefined && { fresh: freshAt }),
        issued: issuedAt,
      })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setExpirationTime(Math.ceil((issuedAt + lifeMs) / 1000))
        .encrypt(key)
      const life = permanent ? `; Max-Age=${String(Math.floor(lifeMs / 1000))}` : ''
      return `${cookieName}=${sealed}; ${flags}${life}`
    },

    emptyCookie: () => `${cookieName}=; ${flags}; Max-Age=0`,
  }
}

/** In constant time. */
export function isCsrfToken(session: Session | undefined, given: string | undefined): boolean {
  if (session === undefined || given === undefined) return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(session.csrfToken), digest(given))
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim()
  }
  return undefined
}
