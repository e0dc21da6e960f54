import { z } from 'zod'

import { Secret, type Config } from '../../config/config.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { createSecretBox } from '../accounts/secret-box.ts'

export type PageTokens = ReturnType<typeof createPageTokens>

const lifeMs = 2 * 24 * 3_600_000

/**
 * Where a list goes on, as an opaque text that nobody can read or make (api-shapes, 1.7). One that is
 * broken, too old, or of another list means the first page.
 */
export function createPageTokens({
  config,
  clock,
  random,
}: {
  config: Pick<Config, 'secretKey' | 'pageTokenKey'>
  clock: Clock
  random: Random
}) {
  const secret = config.pageTokenKey ?? config.secretKey
  const box = createSecretBox({ secretKey: new Secret(`pages ${secret.reveal()}`), random })

  return {
    /** @param list names the list, so that its tokens fit no other. */
    seal(list: string, position: unknown): string {
      const until = clock.now() + lifeMs
      const sealed = box.seal(JSON.stringify({ list, until, position }))
      return Buffer.from(sealed).toString('base64url')
    },

    open<T>(list: string, token: string | undefined, schema: z.ZodType<T>): T | undefined {
      if (token === undefined || token === '') return undefined
      try {
        const text = box.open(Buffer.from(token, 'base64url').toString())
        const content = z
          .object({ list: z.literal(list), until: z.number(), position: schema })
          .parse(JSON.parse(text))
        return content.until > clock.now() ? content.position : undefined
      } catch {
        return undefined
      }
    },
  }
}
