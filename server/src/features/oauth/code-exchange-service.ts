import { createHash, timingSafeEqual } from 'node:crypto'

import { parseScopes } from '../../contract/oauth-scopes.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { ApplicationService } from './application-service.ts'
import { oauthGrantStore } from './oauth-grant-store.ts'
import { digestOf, longestLifeSeconds, type OAuthTokenService } from './oauth-token-service.ts'

export type CodeExchangeService = ReturnType<typeof createCodeExchangeService>

/** RFC 6749, 4.1.3 */
export interface CodeExchange {
  readonly grantType: string
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  readonly code: string
  readonly scope: string
}

export type CodeExchangeOutcome =
  | { readonly kind: 'issued'; readonly token: string; readonly lifeSeconds: number }
  | {
      readonly kind: 'refused'
      readonly error:
        'unsupported_grant_type' | 'invalid_client' | 'invalid_grant' | 'invalid_scope'
    }

const batchSize = 500

/** Gives an application a token for the code that its user brought it. */
export function createCodeExchangeService({
  db,
  clock,
  accounts,
  applications,
  oauthTokens,
}: {
  db: Db
  clock: Clock
  accounts: AccountService
  applications: ApplicationService
  oauthTokens: OAuthTokenService
}) {
  return {
    async exchange(request: CodeExchange): Promise<CodeExchangeOutcome> {
      if (request.grantType !== 'authorization_code') return refused('unsupported_grant_type')
      const application = await applications.find(request.clientId)
      const secret = application === undefined ? '' : applications.secretOf(application)
      const isKnown = isSame(request.clientSecret, secret)
      if (application === undefined || !isKnown) return refused('invalid_client')

      // Whoever comes with a code has used it up, also when something else is wrong.
      const code = await oauthGrantStore(db).takeCode(application.id, digestOf(request.code))
      if (code === undefined || code.expires_at <= clock.now()) return refused('invalid_grant')
      if (code.redirect_uri !== request.redirectUri) return refused('invalid_grant')
      const granted = parseScopes(code.scope) ?? []
      const scopes = parseScopes(request.scope)
      if (scopes?.every((scope) => granted.includes(scope)) !== true) {
        return refused('invalid_scope')
      }
      const person = await accounts.findById(code.user_id)
      if (person?.enabled !== 1) return refused('invalid_grant')
      const { secret: token } = await oauthTokens.createToken(db, {
        applicationId: application.id,
        userId: code.user_id,
        createdById: code.user_id,
        scopes,
      })
      return { kind: 'issued', token, lifeSeconds: longestLifeSeconds }
    },

    /** Removes codes that nobody came with. */
    async removeExpired(): Promise<'more' | 'idle'> {
      const removed = await oauthGrantStore(db).deleteExpiredCodes(clock.now(), batchSize)
      return removed === batchSize ? 'more' : 'idle'
    },
  }
}

function refused(error: (CodeExchangeOutcome & { kind: 'refused' })['error']): CodeExchangeOutcome {
  return { kind: 'refused', error }
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
