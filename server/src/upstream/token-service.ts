import type { Attempts } from './attempts.ts'
import type { Challenge } from './bearer-challenge.ts'
import { discard, readWhole } from './exchange.ts'
import { describeAsked, transportFault } from './transport-fault.ts'
import type { Answer, Transport } from './transport.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { UpstreamTarget } from './upstream-target.ts'

export interface TokenRequest {
  readonly target: UpstreamTarget
  readonly challenge: Challenge
  readonly signal: AbortSignal
}

export interface RegistryToken {
  readonly token: string
  readonly forMs: number
}

const usualLifeSeconds = 3_600
const longestLifeSeconds = 86_400
/** A token shall not end on its way. */
const marginSeconds = 10
const mostBytes = 1024 * 1024

/** https://distribution.github.io/distribution/spec/auth/token/ */
export async function fetchToken(
  { target, challenge, signal }: TokenRequest,
  { transport, attempt }: { transport: Transport; attempt: Attempts },
): Promise<RegistryToken> {
  const url = realmOf(target, challenge)
  const { route, basic, observe } = target
  const asked = describeAsked('GET', url)
  return attempt(
    { method: 'GET', url, attempts: 3, signal, observe },
    () =>
      transport.send({
        ...{ method: 'GET', url, authorization: basic, follows: false, route, signal },
        headers: { accept: 'application/json' },
      }),
    read,
  )

  async function read({ status, message }: Answer): Promise<RegistryToken> {
    const fault = (code: 'auth_failed' | 'invalid_source_registry', reason: string) =>
      new UpstreamFault(code, { ...asked, status, reason })
    if (status !== 200) {
      discard(message, 'GET')
      const who = target.username === undefined ? 'without an account' : `as ${target.username}`
      if ([400, 401, 403].includes(status)) {
        throw fault('auth_failed', `it does not let us in ${who} (${status})`)
      }
      throw fault('invalid_source_registry', `a token was answered ${status}`)
    }
    try {
      const { stallMs } = transport.patience
      const body = await readWhole(message, { stallMs, limitBytes: mostBytes })
      const found = tokenIn(body.toString('utf8'))
      if (found !== undefined) return found
    } catch (error) {
      signal.throwIfAborted()
      throw transportFault(error, asked)
    }
    throw fault('invalid_source_registry', 'the answer holds no token')
  }
}

/** The password goes there, so it has to be as safe as the registry itself. */
function realmOf({ origin, repository }: UpstreamTarget, { parameters }: Challenge): URL {
  const url = URL.parse(parameters.get('realm') ?? '')
  const isSafe = url?.protocol === 'https:' || (url !== null && url.protocol === origin.protocol)
  if (url === null || !isSafe || url.username !== '' || url.password !== '') {
    const reason = 'the address that it names for its tokens is not safe'
    const asked = describeAsked('GET', new URL('/v2/', origin))
    throw new UpstreamFault('invalid_source_registry', { ...asked, reason })
  }
  const service = parameters.get('service')
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopesFor(repository, parameters.get('scope'))) {
    url.searchParams.append('scope', scope)
  }
  return url
}

/**
 * Pulling from the repository, and whatever else the challenge names. What it says about repositories
 * is left out: on `/v2/` some name one that is an example.
 */
function scopesFor(repository: string, challenged: string | undefined): readonly string[] {
  const others = (challenged ?? '').split(' ').filter((scope) => !/^(?:repository:|$)/.test(scope))
  return repository === '' ? others : [`repository:${repository}:pull`, ...others]
}

function tokenIn(body: string): RegistryToken | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null) return undefined
  const { token, access_token, expires_in } = answer as Readonly<Record<string, unknown>>
  const found = [token, access_token].find((text) => typeof text === 'string' && isSendable(text))
  if (typeof found !== 'string') return undefined
  const given = typeof expires_in === 'number' && expires_in > 0 ? expires_in : usualLifeSeconds
  const seconds = Math.min(given, longestLifeSeconds)
  return { token: found, forMs: Math.max(seconds - marginSeconds, seconds / 2) * 1_000 }
}

function isSendable(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}
