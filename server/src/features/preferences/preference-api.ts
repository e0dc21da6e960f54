import { changePreferences, getPreferences } from '../../contract/preferences.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PreferenceService } from './preference-service.ts'

export function preferenceApi({
  preferences,
}: {
  preferences: PreferenceService
}): readonly ApiRoute[] {
  return [
    route(getPreferences, ({ user }) => preferences.get(user.id)),
    route(changePreferences, ({ user, body }) => preferences.change(user.id, body)),
  ]
}
