import { environment } from '../config/read-config.ts'
import { settingsApi } from '../features/config-editor/settings-api.ts'
import { createSettingsService } from '../features/config-editor/settings-service.ts'
import type { Area, Foundation } from './area.ts'

/** The settings of the server, for superusers. */
export function wireConfiguration({ parts }: Foundation): Area {
  const { config, clock, random, log } = parts
  const settings = createSettingsService({ config, env: environment, clock, random, log })
  return { routes: settingsApi({ settings }) }
}
