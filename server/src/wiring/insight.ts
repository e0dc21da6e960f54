import type { Area, Foundation } from './area.ts'

/** Logs, search, health, the discovery document. */
export function wireInsight(_foundation: Foundation): Area {
  return { routes: [] }
}
