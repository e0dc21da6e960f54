import { isProblem, Problem } from '../problem.ts'
import { bearerChallenge, isChallenged } from './challenge.ts'
import { send, type Exchange, type Handler } from './exchange.ts'
import { renderOciProblem } from './oci-envelope.ts'

/** `GET /v2/`: tells a client that this is a registry and where to get a token (registry-protocol, 2). */
export function registryBase({
  identify,
  service,
  sparse,
  enabled,
}: {
  identify: (exchange: Exchange) => Promise<{ readonly principal: { readonly kind: string } }>
  service: string
  sparse: boolean
  enabled: boolean
}): Handler {
  return async (exchange) => {
    if (!enabled) throw new Problem('route-unknown')
    const headers = {
      'Content-Type': 'application/json',
      'Docker-Distribution-API-Version': 'registry/2.0',
      'X-Sparse-Manifest-Support': String(sparse),
    }
    const problem = await refusal(exchange)
    if (problem === undefined) {
      send(exchange, 200, headers, 'true')
      return
    }
    const challenge = { ...headers, 'WWW-Authenticate': bearerChallenge(exchange.origin, service) }
    if (problem.code === 'unauthenticated') send(exchange, 401, challenge, 'true')
    else send(exchange, 401, challenge, renderOciProblem(problem).body)
  }

  async function refusal(exchange: Exchange): Promise<Problem | undefined> {
    try {
      const { principal } = await identify(exchange)
      return principal.kind === 'anonymous' ? new Problem('unauthenticated') : undefined
    } catch (error) {
      if (isProblem(error) && isChallenged(error.code)) return error
      throw error
    }
  }
}
