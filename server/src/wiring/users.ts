import { sessionApi } from '../features/sessions/session-api.ts'
import type { Area, Foundation } from './area.ts'

/** Accounts of people: signing in, profiles, tokens, notifications, superuser calls. */
export function wireUsers({ people }: Foundation): Area {
  return { routes: [...sessionApi(people)] }
}
