import {
  changeConfiguration,
  getConfiguration,
  getConfigurationHistory,
  restoreConfiguration,
  validateConfiguration,
} from '../../contract/configuration.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import type { SettingsService } from './settings-service.ts'

export function settingsApi({ settings }: { settings: SettingsService }): readonly ApiRoute[] {
  return [
    route(getConfiguration, async () => {
      const { needsRestart, ...current } = await settings.read()
      return {
        ...current,
        settings: current.settings.map(({ needsRestart: needs_restart, ...setting }) => ({
          ...setting,
          needs_restart,
        })),
        needs_restart: needsRestart,
      }
    }),

    route(validateConfiguration, async ({ body }) => {
      const { changes, problems, findings } = await settings.preview(
        body.values,
        body.mode ?? 'online',
      )
      return {
        changes: [...changes],
        problems: [...problems],
        findings: findings.map((finding) => ({ ...finding, Tags: [...finding.Tags] })),
      }
    }),

    route(changeConfiguration, async ({ body, user }) =>
      presentSaved(await settings.change(body.values, user.username, body.revision)),
    ),

    route(getConfigurationHistory, async () => ({
      versions: (await settings.history()).map(({ id, at, by, changes }) => ({
        ...{ id, by, changes },
        at: wireDate(at),
      })),
    })),

    route(restoreConfiguration, async ({ params, body, user }) =>
      presentSaved(await settings.restore(params.version_id, user.username, body.revision)),
    ),
  ]
}

function presentSaved({
  changes,
  revision,
  needsRestart,
}: Awaited<ReturnType<SettingsService['change']>>) {
  return { changes: [...changes], revision, needs_restart: needsRestart }
}
