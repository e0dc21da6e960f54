import type { JSONWebKeySet } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'

import type { Clock, Instant } from '../../platform/clock.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'

export type IssuerKeys = ReturnType<typeof createIssuerKeys>

const freshMs = 10 * 60_000
/** A key that is not among those known makes us ask again, but not more often than this. */
const askAgainMs = 30_000
const limitBytes = 256 * 1024
const Discovery = z.object({ issuer: z.string(), jwks_uri: z.string().max(2_048) })
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })

interface Known {
  readonly keys: Promise<JSONWebKeySet>
  readonly askedAt: Instant
}

/** The keys of OpenID Connect issuers, found as their discovery documents say, and remembered. */
export function createIssuerKeys({
  outgoing,
  clock,
}: {
  outgoing: Pick<OutgoingService, 'getJson'>
  clock: Clock
}) {
  const known = new LRUCache<string, Known>({ max: 500 })

  async function ask(issuer: string): Promise<JSONWebKeySet> {
    const base = issuer.replace(/\/$/, '')
    const document = Discovery.parse(
      await outgoing.getJson(`${base}/.well-known/openid-configuration`, limitBytes),
    )
    if (document.issuer !== issuer) throw new Error('the issuer calls itself something else')
    return Keys.parse(await outgoing.getJson(document.jwks_uri, limitBytes))
  }

  return {
    /**
     * Also a failure is remembered for a while, so that strangers cannot make us call often.
     * @throws Error when there are none to be had
     */
    find(issuer: string, { again = false } = {}): Promise<JSONWebKeySet> {
      const found = known.get(issuer)
      const age = found === undefined ? Infinity : clock.now() - found.askedAt
      if (found !== undefined && age < (again ? askAgainMs : freshMs)) return found.keys
      const keys = ask(issuer)
      const entry = { keys, askedAt: clock.now() }
      known.set(issuer, entry)
      keys.catch(() => {
        if (known.get(issuer) === entry) {
          known.set(issuer, { keys, askedAt: entry.askedAt - freshMs + askAgainMs })
        }
      })
      return keys
    },
  }
}
