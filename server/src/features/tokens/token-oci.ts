import { parseAuthorization } from '../../http/basic-credentials.ts'
import { sendJson, type Exchange, type Handler } from '../../http/exchange.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { CredentialsService } from '../accounts/credentials-service.ts'
import type { Principal } from '../accounts/principal.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { failedLoginKeys, loginKeys } from '../audit/login-keys.ts'
import type { TokenService } from './token-service.ts'

/** `GET /v2/auth`: credentials in, a bearer token out (Docker token spec; registry-protocol, 3). */
export function tokenOci({
  tokens,
  credentials,
  audit,
  log,
  attempts,
  anonymousAccess,
  serverHostname,
}: {
  tokens: TokenService
  credentials: CredentialsService
  audit: AuditLog
  /** ACTION_LOG_AUDIT_LOGINS and ACTION_LOG_AUDIT_LOGIN_FAILURES. */
  log: { readonly logins: boolean; readonly loginFailures: boolean }
  attempts: (success: boolean) => void
  anonymousAccess: boolean
  serverHostname: string
}): Handler {
  return async (exchange) => {
    const scopes = exchange.query.getAll('scope').flatMap((scope) => scope.split(' '))
    const principal = await authenticate(exchange)
    if (principal.kind === 'anonymous') {
      if (!anonymousAccess) throw new Problem('anonymous-access-off')
      if (scopes.length === 0) throw new Problem('unauthenticated')
    } else if (scopes.length === 0 && log.logins) {
      recordLogin(exchange, principal)
    }
    const service = exchange.query.get('service') ?? serverHostname
    const token = await tokens.issue(principal, scopes, service)
    sendJson(exchange, 200, { token }, { 'Cache-Control': 'no-cache, no-store, must-revalidate' })
  }

  async function authenticate(exchange: Exchange): Promise<Principal> {
    const authorization = parseAuthorization(exchange.req.headers.authorization)
    if (authorization.scheme === 'none') return { kind: 'anonymous' }
    if (authorization.scheme !== 'basic') throw new Problem('credentials-invalid')
    const { username, password } = authorization
    try {
      const principal = await credentials.authenticate({
        username,
        password,
        address: exchange.clientAddress,
      })
      attempts(true)
      return principal
    } catch (error) {
      if (isProblem(error)) {
        attempts(false)
        if (log.loginFailures) recordFailure(exchange, username, error)
      }
      throw error
    }
  }

  /** A token request without a scope is what `docker login` and `podman login` send. */
  function recordLogin({ clientAddress, req }: Exchange, principal: Principal): void {
    if (principal.kind === 'anonymous') return
    audit.record({
      kind: 'login_success',
      account: accountOf(principal),
      actor: { principal, ip: clientAddress },
      metadata: {
        type: 'v2auth',
        ...loginKeys(principal),
        useragent: req.headers['user-agent'] ?? '',
      },
    })
  }

  function recordFailure(
    { clientAddress, req }: Exchange,
    username: string,
    problem: Problem,
  ): void {
    audit.record({
      kind: 'login_failure',
      account: null,
      actor: { principal: { kind: 'anonymous' }, ip: clientAddress },
      metadata: {
        type: 'v2auth',
        ...failedLoginKeys(username),
        message: problem.detail['message'] ?? problem.code,
        useragent: req.headers['user-agent'] ?? '',
      },
    })
  }
}

/** What robots do is booked on the namespace that they belong to. */
function accountOf(principal: Exclude<Principal, { kind: 'anonymous' }>) {
  return principal.kind === 'robot'
    ? { id: principal.namespaceId, username: principal.username.split('+')[0] ?? '' }
    : { id: principal.id, username: principal.username }
}
