import {
  changeRepoMirrorConfig,
  createRepoMirrorConfig,
  getRepoMirrorConfig,
  syncCancel,
  syncNow,
} from '../../contract/mirrors.ts'
import { Problem } from '../../problem.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import { wireIsoDate } from '../api/wire-date.ts'
import type { MirrorService } from './mirror-service.ts'
import type { MirrorSettingsService } from './mirror-settings-service.ts'
import { statusName } from './mirror-status.ts'
import type { MirrorViews } from './mirror-view-service.ts'

/** How one repository is mirrored, as Quay's clients ask it (api-shapes, 16.1). */
export function mirrorApi({
  mirrors,
  views,
  settings,
}: {
  mirrors: MirrorService
  views: MirrorViews
  settings: MirrorSettingsService
}): readonly ApiRoute[] {
  return [
    route(getRepoMirrorConfig, async ({ repository }) => {
      const mirror = await views.find(repository.id)
      if (mirror === undefined) throw new Problem('not-found')
      return {
        is_enabled: mirror.is_enabled === 1,
        mirror_type: 'PULL' as const,
        external_reference: mirror.external_reference,
        external_registry_username: settings.usernameOf(mirror),
        external_registry_config: settings.shownUpstream(mirror),
        sync_interval: mirror.interval_s,
        sync_start_date: isoOrNull(mirror.start_at),
        sync_expiration_date: isoOrNull(mirror.expires_at),
        sync_retries_remaining: mirror.retries,
        sync_status: statusName(mirror.status),
        root_rule: { rule_kind: 'tag_glob_csv' as const, rule_value: settings.patternsOf(mirror) },
        robot_username: mirror.robot_username,
        skopeo_timeout_interval: mirror.timeout_s,
        architecture_filter: settings.architecturesOf(mirror),
      }
    }),

    route(createRepoMirrorConfig, async ({ repository, namespace, actor, body }) => {
      const isNew = await mirrors.create({ repository, namespace, actor }, body)
      if (isNew) return undefined
      const detail = `Mirror configuration already exits for repository ${repository.full_name}`
      return reply(409, { detail })
    }),

    route(changeRepoMirrorConfig, async ({ repository, namespace, actor, body }) => {
      await mirrors.change({ repository, namespace, actor }, body)
      return undefined
    }),

    route(syncNow, async ({ repository, namespace, actor }) => {
      await mirrors.syncNow({ repository, namespace, actor })
      return undefined
    }),

    route(syncCancel, async ({ repository, namespace, actor }) => {
      await mirrors.cancel({ repository, namespace, actor })
      return undefined
    }),
  ]
}

function isoOrNull(instant: number | null): string | null {
  return instant === null ? null : wireIsoDate(instant).replace(/\.\d+Z$/, 'Z')
}
