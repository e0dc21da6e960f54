import type { Area, Foundation } from './area.ts'

/** Repositories and who may use them. */
export function wireRepositories(_foundation: Foundation): Area {
  return { routes: [] }
}
