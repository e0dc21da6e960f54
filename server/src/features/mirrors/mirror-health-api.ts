import {
  getRepositoryMirrorHealth,
  getSuperUserRepositoryMirrorHealth,
} from '../../contract/mirror-health.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { reply, route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import { wireIsoDate } from '../api/wire-date.ts'
import type { MirrorHealthService } from './mirror-health-service.ts'

const usualLimit = 100
const longestLimit = 1_000
const furthestOffset = 10_000_000
const headers = { 'Cache-Control': 'no-cache, no-store, must-revalidate' }

/** Whether mirroring works (api-shapes, 16.3). */
export function mirrorHealthApi({
  health,
  accounts,
  access,
}: {
  health: MirrorHealthService
  accounts: AccountService
  access: AccessService
}): readonly ApiRoute[] {
  /** @returns the namespace that is asked about; undefined: all. */
  async function scopeOf({ principal }: ApiCaller, name: string | undefined) {
    const mayAll = access.hasFullAccess(principal) || access.isGlobalReader(principal)
    if (name === undefined || name === '') {
      if (!mayAll) throw refusal(principal)
      return undefined
    }
    const namespace = await accounts.findNamespace(name)
    const isOwn =
      namespace !== undefined && (await access.teamRoleIn(principal, namespace)) !== 'none'
    if (namespace !== undefined && (mayAll || isOwn)) return namespace
    if (principal.kind === 'anonymous') throw refusal(principal)
    throw namespace === undefined ? new Problem('not-found') : refusal(principal)
  }

  return [
    route(getRepositoryMirrorHealth, async ({ caller, query }) => {
      const namespace = await scopeOf(caller, query.namespace)
      const limit = Math.min(Math.max(query.limit ?? usualLimit, 1), longestLimit)
      const offset = Math.min(Math.max(query.offset ?? 0, 0), furthestOffset)
      const report = present(await health.report(namespace?.id))
      const status = report.healthy ? 200 : 503
      if (!query.detailed) return reply(status, report, headers)
      const { rows, hasMore } = await health.details(namespace?.id, offset, limit)
      const repositories = {
        ...report.repositories,
        details: rows.map((row) => {
          const slash = row.fullName.indexOf('/')
          return {
            namespace: row.fullName.slice(0, slash),
            repository: row.fullName.slice(slash + 1),
            sync_status: row.status,
            is_enabled: row.isEnabled,
            last_sync: row.lastSyncAt === null ? null : isoSeconds(row.lastSyncAt),
            retries_remaining: row.retries,
          }
        }),
        pagination: { limit, offset, has_more: hasMore },
      }
      return reply(status, { ...report, repositories }, headers)
    }),

    route(getSuperUserRepositoryMirrorHealth, async () => {
      const report = present(await health.report())
      const issues = report.issues.filter(({ message }) => !message.startsWith('Repository '))
      return reply(report.healthy ? 200 : 503, { ...report, issues }, headers)
    }),
  ]
}

function present({
  healthy,
  workers,
  repositories,
  tagsPending,
  checkedAt,
  issues,
}: Awaited<ReturnType<MirrorHealthService['report']>>) {
  const timestamp = isoSeconds(checkedAt)
  return {
    ...{ healthy, workers, repositories },
    tags_pending: tagsPending,
    last_check: timestamp,
    issues: issues.map((issue) => ({ ...issue, timestamp })),
  }
}

function isoSeconds(instant: number): string {
  return wireIsoDate(instant).replace(/\.\d+Z$/, 'Z')
}
