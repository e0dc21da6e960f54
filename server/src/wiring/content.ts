import type { Area, Foundation } from './area.ts'

/** Tags, manifests, labels and immutability. */
export function wireContent(_foundation: Foundation): Area {
  return { routes: [] }
}
