import { changeRepositories, listRepositoryRows } from '../../contract/interface-repositories.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { QuotaReports } from '../quota/quota-report-service.ts'
import type { BulkService } from './bulk-service.ts'
import { presentOutcome } from './present-outcome.ts'
import type { RepositoryRow, RepositoryRows } from './repository-row-service.ts'

/** Repositories as pages list them. */
export function repositoryRowApi({
  rows,
  bulk,
  quota,
}: {
  rows: RepositoryRows
  bulk: BulkService
  quota: Pick<QuotaReports, 'ofRepositories'>
}): readonly ApiRoute[] {
  return [
    route(listRepositoryRows, async ({ caller, query }) => {
      const page = await rows.list(caller.principal, query)
      const report = await quota.ofRepositories(page.rows.map(({ id }) => id))
      return {
        items: page.rows.map((row) => ({
          ...present(row),
          size_bytes: report(row.id).quota_report?.quota_bytes ?? null,
          quota_bytes: report(row.id).quota_report?.configured_quota ?? null,
        })),
        ...page.about,
      }
    }),

    route(changeRepositories, async (call) => {
      const { repositories, action } = call.body
      const outcomes = await bulk.changeRepositories(call, repositories, action)
      return { results: outcomes.map(presentOutcome(call.origin)) }
    }),
  ]
}

function present(row: RepositoryRow) {
  return {
    namespace: row.full_name.slice(0, row.full_name.indexOf('/')),
    name: row.name,
    description: row.description,
    visibility: row.visibility,
    // Whoever is marked for deletion is found by nobody.
    state: row.state as Exclude<RepositoryRow['state'], 'MARKED_FOR_DELETION'>,
    role: row.role,
    is_starred: row.isStarred,
    created: wireDate(row.created_at),
    last_modified: wireDateOrNull(row.lastModified),
    popularity: row.popularity,
  }
}
