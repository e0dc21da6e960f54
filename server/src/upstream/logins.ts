import { LRUCache } from 'lru-cache'
import type { Stopwatch } from '../platform/stopwatch.ts'
import type { Attempts } from './attempts.ts'
import { parseChallenge, type Challenge } from './bearer-challenge.ts'
import { discard } from './exchange.ts'
import { fetchToken, type TokenRequest } from './token-service.ts'
import { describeAsked } from './transport-fault.ts'
import type { Answer, Transport } from './transport.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { UpstreamTarget } from './upstream-target.ts'
import { unless } from './waiting.ts'

/** What a registry wants to be sent. */
interface Login {
  /** Undefined: nothing, it is open. */
  readonly challenge: Challenge | undefined
  readonly authorization: string | undefined
  readonly goodUntilMs: number
}

export type Logins = ReturnType<typeof createLogins>

const openForMs = 600_000
const togetherWithinMs = 60_000

/** Who we are to each upstream: learned from its challenges, kept as long as its tokens last. */
export function createLogins({
  transport,
  attempt,
  elapsed,
  withinMs = togetherWithinMs,
}: {
  transport: Transport
  attempt: Attempts
  elapsed: Stopwatch
  /** How long signing in may take, all of its questions together. */
  withinMs?: number | undefined
}) {
  const logins = new LRUCache<string, Login>({ max: 5_000 })
  const underWay = new Map<string, Promise<Login>>()

  return {
    /** What to send now. */
    async current(target: UpstreamTarget, signal: AbortSignal): Promise<string | undefined> {
      const known = logins.get(target.identity)
      if (known !== undefined && known.goodUntilMs > elapsed()) return known.authorization
      const login = await together(target, signal, async (shared) => {
        const challenge = known?.challenge ?? (await askVersion(target, shared))
        return answerChallenge(target, challenge, shared)
      })
      return login.authorization
    },

    /**
     * What to send instead of what was refused with a challenge.
     * @returns undefined when there is nothing better.
     */
    async renewed(
      target: UpstreamTarget,
      refused: string | undefined,
      header: string | undefined,
      signal: AbortSignal,
    ): Promise<string | undefined> {
      const known = logins.get(target.identity)
      const isReplaced = known?.authorization !== undefined && known.authorization !== refused
      if (isReplaced && known.goodUntilMs > elapsed()) return known.authorization
      const challenge = parseChallenge(header)
      if (challenge === undefined) return undefined
      if (challenge.scheme === 'basic' && target.basic === refused) return undefined
      const login = await together(target, signal, (shared) =>
        answerChallenge(target, challenge, shared),
      )
      return login.authorization
    },

    /** Forgets what is known, for what `/v2/` says now. */
    async challengeOf(target: UpstreamTarget, signal: AbortSignal): Promise<Challenge | undefined> {
      logins.delete(target.identity)
      const challenge = await askVersion(target, signal)
      const goodUntilMs = challenge === undefined ? elapsed() + openForMs : 0
      logins.set(target.identity, { challenge, authorization: undefined, goodUntilMs })
      return challenge
    },
  }

  /** Many who need a token at once get the same one; it does not end with the first who waited. */
  async function together(
    { identity, origin }: UpstreamTarget,
    signal: AbortSignal,
    work: (shared: AbortSignal) => Promise<Login>,
  ): Promise<Login> {
    let login = underWay.get(identity)
    if (login === undefined) {
      const shared = AbortSignal.timeout(withinMs)
      login = work(shared)
        .then((found) => {
          logins.set(identity, found)
          return found
        })
        .catch((error: unknown) => {
          throw shared.aborted ? tooSlow(origin, withinMs) : error
        })
        .finally(() => underWay.delete(identity))
      underWay.set(identity, login)
      // Nobody may be left to hear of it.
      login.catch(() => undefined)
    }
    return unless(signal, login)
  }

  async function askVersion(
    target: UpstreamTarget,
    signal: AbortSignal,
  ): Promise<Challenge | undefined> {
    const url = new URL('/v2/', target.origin)
    const sending = { method: 'GET', url, follows: true, route: target.route, signal } as const
    const { observe } = target
    return attempt(
      { method: 'GET', url, attempts: 3, signal, observe },
      () => transport.send(sending),
      async (answer) => {
        discard(answer.message, 'GET')
        return challengeIn(answer, url)
      },
    )
  }

  async function answerChallenge(
    target: UpstreamTarget,
    challenge: Challenge | undefined,
    signal: AbortSignal,
  ): Promise<Login> {
    const good = (authorization: string | undefined, forMs: number): Login => ({
      challenge,
      authorization,
      goodUntilMs: elapsed() + forMs,
    })
    if (challenge === undefined) return good(undefined, openForMs)
    // Without a password the question is asked all the same: some registries let anybody read.
    if (challenge.scheme === 'basic') return good(target.basic, openForMs)
    const request: TokenRequest = { target, challenge, signal }
    const { token, forMs } = await fetchToken(request, { transport, attempt })
    return good(`Bearer ${token}`, forMs)
  }
}

/** The wait that ended belongs to nobody who waited. */
function tooSlow(origin: URL, withinMs: number): UpstreamFault {
  const asked = describeAsked('GET', new URL('/v2/', origin))
  const reason = `it has not let us in within ${withinMs / 1_000} s`
  return new UpstreamFault('network_timeout', { ...asked, reason })
}

/** @throws UpstreamFault when it is no registry */
function challengeIn({ status, message, url: from }: Answer, url: URL): Challenge | undefined {
  if (status === 200) return undefined
  const isOwn = from.origin === url.origin
  const challenge = isOwn ? parseChallenge(message.headers['www-authenticate']) : undefined
  if (status === 401 && challenge !== undefined) return challenge
  const asked = describeAsked('GET', from)
  const reason = `it was answered ${status}, so it is no registry`
  throw new UpstreamFault('invalid_source_registry', { ...asked, status, reason })
}
