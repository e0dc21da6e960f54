import { z } from 'zod'

import { Secret, type Config } from '../../config/config.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { createSecretBox } from '../accounts/secret-box.ts'

export type LocalTokens = ReturnType<typeof createLocalTokens>

const cookieName = 'oauth_local_token'
const lifeMs = 5 * 60_000
const Content = z.object({ token: z.string(), user: z.string(), until: z.number() })

/**
 * A token that somebody draws for oneself ends on a page of ours. It is behind the `#` of that page's
 * address, which no server gets to see, so it travels in an encrypted cookie too: then the page shows
 * it without a script. The cookie is good for one person and a few minutes, and is removed when read.
 */
export function createLocalTokens({
  config,
  clock,
  random,
}: {
  config: Pick<Config, 'secretKey' | 'oauth' | 'sessions'>
  clock: Clock
  random: Random
}) {
  const secretKey = new Secret(`local token ${config.secretKey.reveal()}`)
  const box = createSecretBox({ secretKey, random })
  const flags = `Path=${config.oauth.localHandler}; HttpOnly; SameSite=Lax${config.sessions.secure ? '; Secure' : ''}`

  return {
    /** The value of a `Set-Cookie` header. */
    cookie(token: string, user: string): string {
      const until = clock.now() + lifeMs
      const sealed = Buffer.from(box.seal(JSON.stringify({ token, user, until })))
      return `${cookieName}=${sealed.toString('base64url')}; ${flags}; Max-Age=${String(lifeMs / 1_000)}`
    },

    emptyCookie: `${cookieName}=; ${flags}; Max-Age=0`,

    read(cookies: string | undefined, user: string): string | undefined {
      const [, sealed] = new RegExp(`(?:^|;\\s*)${cookieName}=([\\w-]+)`).exec(cookies ?? '') ?? []
      if (sealed === undefined) return undefined
      try {
        const text = box.open(Buffer.from(sealed, 'base64url').toString())
        const content = Content.parse(JSON.parse(text))
        const isGood = content.user === user && content.until > clock.now()
        return isGood ? content.token : undefined
      } catch {
        return undefined
      }
    },
  }
}
