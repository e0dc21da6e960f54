/** Who can be granted something. */
export interface Entity {
  readonly kind: EntityKind
  /** A robot's whole name, `namespace+name`. */
  readonly name: string
}

export type EntityKind = 'user' | 'robot' | 'team'

/** Names may have any letters; no kind has a colon. */
export const keyOf = ({ kind, name }: Entity) => `${kind}:${name}`

export function parseKey(key: string): Entity {
  const colon = key.indexOf(':')
  return { kind: key.slice(0, colon) as EntityKind, name: key.slice(colon + 1) }
}
