import { oauthScopes } from '../../contract/oauth-scopes.ts'
import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { ApplicationService } from './application-service.ts'
import type { OAuthTokenService } from './oauth-token-service.ts'

const applicationName = 'automation'
const lifeMs = 9_000_000

/** The token that a script gets with the first account: for everything, for two and a half hours. */
export function createAutomationTokens({
  db,
  applications,
  oauthTokens,
  config,
}: {
  db: Db
  applications: Pick<ApplicationService, 'findOrCreateOwn'>
  oauthTokens: Pick<OAuthTokenService, 'createToken'>
  config: Pick<Config, 'features'>
}) {
  return {
    draw: (owner: Pick<AccountRow, 'id' | 'username'>): Promise<string> =>
      db.transaction().execute(async (tx) => {
        const application = await applications.findOrCreateOwn(tx, owner, applicationName)
        const token = await oauthTokens.createToken(tx, {
          applicationId: application.id,
          userId: owner.id,
          createdById: owner.id,
          scopes: oauthScopes.filter(
            (scope) => scope !== 'super:user' || config.features.superUsers,
          ),
          lifeMs,
        })
        return token.secret
      }),
  }
}
