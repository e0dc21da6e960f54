import { listNamespaceRows } from '../../contract/interface-namespaces.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDateOrNull } from '../api/wire-date.ts'
import type { QuotaReports } from '../quota/quota-report-service.ts'
import type { NamespaceRow, NamespaceRows } from './namespace-row-service.ts'

/** Organizations and people as pages list them. */
export function namespaceRowApi({
  rows,
  accounts,
  avatars,
  quota,
}: {
  rows: NamespaceRows
  accounts: AccountService
  avatars: Avatars
  quota: Pick<QuotaReports, 'ofNamespaces'>
}): readonly ApiRoute[] {
  function presentForSuperusers(row: NamespaceRow) {
    const isPerson = row.organization === 0
    const { isSuperUser, isGlobalReadonly } = accounts.principalOf(row)
    return {
      email: isPerson ? row.email : row.contact_email,
      enabled: row.enabled === 1,
      verified: row.verified === 1,
      super_user: isPerson && isSuperUser,
      global_readonly_super_user: isPerson && isGlobalReadonly,
    }
  }

  return [
    route(listNamespaceRows, async ({ principal, query }) => {
      const page = await rows.list(principal, query)
      const report = await quota.ofNamespaces(page.rows.map(({ id }) => id))
      const seesAll = rows.seesAll(principal)
      return {
        items: page.rows.map((row) => {
          const size = report(row.id).quota_report
          const isOrganization = row.organization === 1
          return {
            name: row.username,
            kind: isOrganization ? ('organization' as const) : ('user' as const),
            avatar: avatars.of(row),
            is_own: row.id === principal.id,
            role: row.role,
            repositories: row.repositories,
            teams: isOrganization ? row.teams : null,
            members: isOrganization ? row.members : null,
            robots: row.robots,
            last_modified: wireDateOrNull(row.lastModified),
            size_bytes: size?.quota_bytes ?? null,
            quota_bytes: size?.configured_quota ?? null,
            backfill_status: size?.backfill_status ?? ('' as const),
            ...(seesAll && presentForSuperusers(row)),
          }
        }),
        ...page.about,
      }
    }),
  ]
}
