import { changeChecklist, getApplianceHome } from '../../contract/appliance-home.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import { presentAcknowledged } from './appliance-health-api.ts'
import type { ChecklistService } from './checklist-service.ts'
import type { HomeService } from './home-service.ts'

const daySeconds = 86_400

export function homeApi({
  home,
  checklist,
}: {
  home: HomeService
  checklist: ChecklistService
}): readonly ApiRoute[] {
  return [
    route(getApplianceHome, async () => {
      const { state, problems, content, space, backup, certificates, activity, ...rest } =
        await home.read()
      return {
        state,
        problems: problems.map(({ since, acknowledged, ...problem }) => ({
          id: problem.id,
          code: problem.code,
          severity: problem.severity,
          parameters: { ...problem.parameters },
          page: problem.page,
          since: wireDate(since),
          acknowledged: acknowledged === undefined ? null : presentAcknowledged(acknowledged),
        })),
        content: {
          organizations: content?.organizations ?? 0,
          repositories: content?.repositories ?? 0,
          tags: content?.tags ?? 0,
          bytes: content?.contentBytes ?? 0,
          counted_at: wireDateOrNull(content?.at ?? null),
        },
        space: {
          total_bytes: space.totalBytes,
          used_bytes: Math.max(0, space.totalBytes - space.freeBytes),
          free_bytes: space.freeBytes,
          growth_per_week_bytes: space.perWeek ?? null,
          full_in_days: space.fullInDays ?? null,
        },
        certificates: certificates.map(({ role, seconds }) => ({
          role: role === 'authority' ? ('authority' as const) : ('server' as const),
          days_left: Math.floor(seconds / daySeconds),
        })),
        backups:
          backup === undefined
            ? null
            : {
                overdue: backup.overdue,
                last_success: wireDateOrNull(backup.lastSuccess),
                age_seconds: backup.ageMs === null ? null : Math.floor(backup.ageMs / 1000),
                last_failure: wireDateOrNull(backup.lastFailure),
                last_failure_reason: backup.lastFailureReason,
                running: backup.running,
              },
        activity: {
          last_push: wireDateOrNull(activity.lastPush),
          last_pull: wireDateOrNull(activity.lastPull),
        },
        checklist: rest.checklist,
      }
    }),
    route(changeChecklist, async ({ body }) => {
      await checklist.setDismissed(body.dismissed)
      return checklist.read()
    }),
  ]
}
