import { z } from 'zod'

import type { Config } from '../../config/config.ts'
import {
  createOrganizationApplicationToken,
  deleteOrganizationApplicationToken,
  listOrganizationApplicationTokens,
} from '../../contract/oauth-tokens.ts'
import type { OAuthScope } from '../../contract/oauth-scopes.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import { hasScope, type UserPrincipal } from '../accounts/principal.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import { wireIsoDate } from '../api/wire-date.ts'
import { offeredScopes, type ApplicationTokenService } from './application-token-service.ts'
import type { AccessTokenRow } from './oauth-token-store.ts'

const perPage = 50

export function applicationTokenApi({
  tokens,
  access,
  pageTokens,
  config,
}: {
  tokens: ApplicationTokenService
  access: AccessService
  pageTokens: PageTokens
  config: Pick<Config, 'features'>
}): readonly ApiRoute[] {
  /** Nobody gives a token more than is in their own hands. */
  const holds = (principal: UserPrincipal, scope: OAuthScope) =>
    hasScope(principal, scope) && (scope !== 'super:user' || access.isSuperUser(principal))

  return [
    route(listOrganizationApplicationTokens, async ({ organization, params, query }) => {
      const list = `oauth tokens of ${params.client_id}`
      const before = pageTokens.open(list, query.next_page, z.int()) ?? Number.MAX_SAFE_INTEGER
      const rows = await tokens.list(organization, params.client_id, before, perPage + 1)
      const page = rows.slice(0, perPage)
      const last = page.at(-1)
      return {
        tokens: page.map((token) => present(token, token.created_by)),
        ...(rows.length > perPage && last && { next_page: pageTokens.seal(list, last.id) }),
      }
    }),

    route(createOrganizationApplicationToken, async (call) => {
      const { organization, params, body, caller, actor } = call
      if (caller.kind === 'anonymous') throw refusal(caller.principal)
      const scopes = offeredScopes(body.scope, config.features)
      if (scopes === undefined) {
        throw new Problem('rule-violated', { message: `Invalid scope: ${body.scope}` })
      }
      if (!scopes.every((scope) => holds(caller.principal, scope))) throw refusal(caller.principal)
      const token = await tokens.create(
        organization,
        params.client_id,
        { name: body.name, scopes, lifeSeconds: body.expiration },
        { user: caller.account, by: actor, method: caller.kind },
      )
      return { ...present(token, caller.account.username), token: token.secret }
    }),

    route(deleteOrganizationApplicationToken, async ({ organization, params, actor }) => {
      await tokens.revoke(organization, params.client_id, params.token_uuid, actor)
      return undefined
    }),
  ]
}

function present(token: AccessTokenRow, createdBy: string | null) {
  return {
    uuid: token.uuid,
    name: token.display_name,
    scope: token.scope,
    expires_at: wireIsoDate(token.expires_at),
    created: wireIsoDate(token.created_at),
    created_by: createdBy,
    last_accessed: token.last_accessed === null ? null : wireIsoDate(token.last_accessed),
  }
}
