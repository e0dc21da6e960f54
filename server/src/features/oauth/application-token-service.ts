import type { Config } from '../../config/config.ts'
import { parseScopes, type OAuthScope } from '../../contract/oauth-scopes.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { ApplicationService } from './application-service.ts'
import type { OAuthTokenService } from './oauth-token-service.ts'
import { oauthTokenStore } from './oauth-token-store.ts'

export type ApplicationTokenService = ReturnType<typeof createApplicationTokenService>

export interface ApplicationTokenInput {
  readonly name: string
  readonly scopes: readonly OAuthScope[]
  readonly lifeSeconds: number | undefined
}

/** Tokens that people draw for themselves without a browser (api-shapes, 9.2). */
export function createApplicationTokenService({
  db,
  clock,
  applications,
  oauthTokens,
  audit,
  config,
}: {
  db: Db
  clock: Clock
  applications: ApplicationService
  oauthTokens: OAuthTokenService
  audit: AuditLog
  config: { readonly oauth: Pick<Config['oauth'], 'tokensPerApplication'> }
}) {
  const { tokensPerApplication = Infinity } = config.oauth

  return {
    /** From before the token with the id `before` on. @throws Problem `not-found` */
    async list(organization: AccountRow, clientId: string, before: number, limit: number) {
      const application = await applications.get(organization, clientId)
      return oauthTokenStore(db).listOfApplication(application.id, clock.now(), before, limit)
    },

    /** @throws Problem `not-found`, `rule-violated` */
    async create(
      organization: AccountRow,
      clientId: string,
      { name, scopes, lifeSeconds }: ApplicationTokenInput,
      { user, by, method }: { user: AccountRow; by: Actor; method: string },
    ) {
      const application = await applications.get(organization, clientId)
      const displayName = name.trim()
      if (displayName === '') {
        throw new Problem('rule-violated', { message: "'name' must not be empty" })
      }
      return db.transaction().execute(async (tx) => {
        const count = await oauthTokenStore(tx).countOfApplication(application.id, clock.now())
        if (count >= tokensPerApplication) {
          const message = `Token limit reached: maximum ${String(tokensPerApplication)} non-expired tokens per application`
          throw new Problem('rule-violated', { message })
        }
        const token = await oauthTokens.createToken(tx, {
          applicationId: application.id,
          userId: user.id,
          createdById: user.id,
          scopes,
          displayName,
          ...(lifeSeconds !== undefined && { lifeMs: Math.floor(lifeSeconds) * 1_000 }),
        })
        await audit.recordIn(tx, {
          kind: 'create_oauth_api_token',
          account: organization,
          actor: by,
          metadata: {
            oauth_token_uuid: token.uuid,
            scope: token.scope,
            token_display_name: displayName,
            application_name: application.name,
            auth_method: method,
            client_id: clientId,
          },
        })
        return token
      })
    },

    /** Void at once. @throws Problem `not-found` */
    async revoke(organization: AccountRow, clientId: string, uuid: string, by: Actor) {
      const application = await applications.get(organization, clientId)
      await db.transaction().execute(async (tx) => {
        const token = await oauthTokenStore(tx).findOfApplication(application.id, uuid)
        if (token === undefined) throw new Problem('not-found')
        await oauthTokenStore(tx).delete(token.id)
        await audit.recordIn(tx, {
          kind: 'revoke_oauth_api_token',
          account: organization,
          actor: by,
          metadata: {
            oauth_token_uuid: uuid,
            application_name: application.name,
            client_id: clientId,
          },
        })
      })
      oauthTokens.forget()
    },
  }
}

/** The scopes that somebody asks for; `super:user` exists only where there are superusers. */
export function offeredScopes(
  text: string,
  features: Pick<Config['features'], 'superUsers'>,
): readonly OAuthScope[] | undefined {
  const scopes = parseScopes(text)
  return scopes?.includes('super:user') && !features.superUsers ? undefined : scopes
}
