import type { Area, Foundation } from './area.ts'

/** Organizations, teams, robots and default permissions. */
export function wireOrganizations(_foundation: Foundation): Area {
  return { routes: [] }
}
