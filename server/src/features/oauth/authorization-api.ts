import type { Config } from '../../config/config.ts'
import { describeScope, parseScopes } from '../../contract/oauth-scopes.ts'
import {
  deleteAssignedAuthorization,
  deleteUserAuthorization,
  getUserAuthorization,
  listAssignedAuthorizations,
  listUserAuthorizations,
} from '../../contract/user-authorizations.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { AuthorizationService } from './authorization-service.ts'
import type { AuthorizationRow, DescribedApplication } from './oauth-token-store.ts'

export function authorizationApi({
  authorizations,
  avatars,
  config,
}: {
  authorizations: AuthorizationService
  avatars: Avatars
  config: Pick<Config, 'registryState'>
}): readonly ApiRoute[] {
  const markSeen = config.registryState === 'normal'

  const presentApplication = (application: DescribedApplication) => ({
    name: application.application_name,
    description: application.description,
    url: application.application_uri,
    avatar: avatars.avatar('app', application.application_name, application.avatar_email),
    organization: {
      name: application.organization_name,
      avatar: avatars.avatar('org', application.organization_name, application.organization_email),
    },
  })
  const presentScopes = (text: string) => (parseScopes(text) ?? []).map(describeScope)
  const present = (row: AuthorizationRow) => ({
    uuid: row.uuid,
    application: presentApplication(row),
    scopes: presentScopes(row.scope),
  })

  return [
    route(listUserAuthorizations, async ({ user }) => ({
      authorizations: (await authorizations.list(user.id)).map(present),
    })),

    route(getUserAuthorization, async ({ user, params }) =>
      present(await authorizations.get(user.id, params.access_token_uuid)),
    ),

    route(deleteUserAuthorization, async ({ user, params }) => {
      await authorizations.revoke(user.id, params.access_token_uuid)
      return undefined
    }),

    route(listAssignedAuthorizations, async ({ user }) => {
      const rows = await authorizations.listAssigned(user.id, { markSeen })
      return {
        authorizations: rows.map((row) => ({
          uuid: row.uuid,
          application: { ...presentApplication(row), clientId: row.client_id },
          scopes: presentScopes(row.scope),
          redirectUri: row.redirect_uri,
          responseType: row.response_type,
        })),
      }
    }),

    route(deleteAssignedAuthorization, async ({ user, params }) => {
      await authorizations.decline(user.id, params.assigned_authorization_uuid)
      return undefined
    }),
  ]
}
