import type { Area, Foundation } from './area.ts'

/** OAuth applications and tokens, service keys, the pages around sessions. */
export function wireOAuth(_foundation: Foundation): Area {
  return { routes: [] }
}
