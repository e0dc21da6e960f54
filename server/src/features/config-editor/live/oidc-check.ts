import { isRecord } from '../bundle.ts'
import { causeOf } from './cause.ts'
import type { HttpChecks } from './http-checks.ts'

export interface OidcTarget {
  /** With a slash at its end. */
  readonly server: string
  readonly clientId: string
  readonly clientSecret: string
  readonly serviceName: string
  readonly redirectUri: string
}

/** Reads what a provider says of itself, and offers it a code that it never gave. */
export async function checkOidc(
  { server, clientId, clientSecret, serviceName, redirectUri }: OidcTarget,
  http: HttpChecks,
): Promise<string | undefined> {
  let tokenUrl: string
  try {
    tokenUrl = await discover(server, http)
  } catch (error) {
    return `Could not create provider for ${serviceName}. Error: ${causeOf(error, clientSecret)}`
  }
  try {
    const code = { clientId, clientSecret, redirectUri }
    let answer = await http.exchangeFakeCode(tokenUrl, { ...code, inHeader: true })
    // Some providers take the client's credentials in the body only.
    if (answer.status === 401 || answer.error === 'invalid_client') {
      answer = await http.exchangeFakeCode(tokenUrl, { ...code, inHeader: false })
    }
    if (answer.error === 'invalid_grant') return undefined
    if (answer.error === 'access_denied') return `Incorrect credentials for OIDC ${serviceName}`
    throw new Error(answer.error ?? `status ${String(answer.status)}`)
  } catch (error) {
    return `Could not reach OIDC server ${serviceName}. Error: ${causeOf(error, clientSecret)}`
  }
}

/** @returns the token endpoint. The provider may name itself with the last slash or without it. */
async function discover(server: string, http: HttpChecks): Promise<string> {
  const { status, text } = await http.ask(`${server}.well-known/openid-configuration`)
  if (status !== 200) throw new Error(`status ${String(status)}`)
  const found: unknown = JSON.parse(text)
  const issuer = isRecord(found) ? found['issuer'] : undefined
  if (issuer !== server && issuer !== server.slice(0, -1)) {
    throw new Error(
      `oidc: issuer did not match the issuer returned by provider, expected "${server}" got "${String(issuer)}"`,
    )
  }
  const tokenUrl = isRecord(found) ? found['token_endpoint'] : undefined
  if (typeof tokenUrl !== 'string') throw new Error('the provider names no token endpoint')
  return tokenUrl
}
