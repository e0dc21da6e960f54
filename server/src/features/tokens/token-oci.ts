import { parseAuthorization } from '../../http/basic-credentials.ts'
import { sendJson, type Exchange, type Handler } from '../../http/exchange.ts'
import { Problem } from '../../problem.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import type { Principal } from '../accounts/principal.ts'
import type { TokenService } from './token-service.ts'

/** `GET /v2/auth`: credentials in, a bearer token out (Docker token spec; registry-protocol, 3). */
export function tokenOci({
  tokens,
  credentials,
  anonymousAccess,
  serverHostname,
}: {
  tokens: TokenService
  credentials: CredentialsService
  anonymousAccess: boolean
  serverHostname: string
}): Handler {
  return async (exchange) => {
    if (exchange.method !== 'GET') throw new Problem('method-not-allowed')
    const scopes = exchange.query.getAll('scope').flatMap((scope) => scope.split(' '))
    const principal = await authenticate(exchange)
    if (principal.kind === 'anonymous') {
      if (!anonymousAccess) throw new Problem('anonymous-access-off')
      if (scopes.length === 0) throw new Problem('unauthenticated')
    }
    const service = exchange.query.get('service') ?? serverHostname
    const token = await tokens.issue(principal, scopes, service)
    sendJson(exchange, 200, { token }, { 'Cache-Control': 'no-cache, no-store, must-revalidate' })
  }

  async function authenticate(exchange: Exchange): Promise<Principal> {
    const authorization = parseAuthorization(exchange.req.headers.authorization)
    if (authorization.scheme === 'none') return { kind: 'anonymous' }
    if (authorization.scheme !== 'basic') throw new Problem('credentials-invalid')
    return credentials.authenticate({
      username: authorization.username,
      password: authorization.password,
      address: exchange.clientAddress,
    })
  }
}
