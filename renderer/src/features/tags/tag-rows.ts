import type { Output } from '../../api/operations.ts'

export type TagsPage = Output<'GET /api/v1/mooring/repository/{repository}/tags'>
export type TagRow = TagsPage['items'][number]
export type ChildManifest = TagRow['children'][number]
export type TagColumn = TagsPage['sort']

/** `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`: what the protocol calls a tag. */
export const isTagName = (name: string) => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name)

/** `linux/arm64/v8`; undefined where the index does not say. */
export function platformName({ platform }: Pick<ChildManifest, 'platform'>): string | undefined {
  const parts = [platform?.os, platform?.architecture, platform?.variant].filter(
    (part) => part !== null && part !== undefined && part !== '' && part !== 'unknown',
  )
  return parts.length === 0 ? undefined : parts.join('/')
}

const dayMs = 86_400_000

/** How near the end of a tag is: within a week, within a month, later. */
export function expiryTone(expiresAt: number, now: number): 'danger' | 'warning' | 'neutral' {
  const left = expiresAt - now
  return left <= 7 * dayMs ? 'danger' : left <= 31 * dayMs ? 'warning' : 'neutral'
}

const lanes = ['A', 'B', 'C', 'D', 'E'] as const
export type Lane = (typeof lanes)[number]
export interface Track {
  readonly lane: Lane
  readonly tags: readonly string[]
}

/** Digests that several tags of a page are on, the first five of them, by digest. */
export function tracksOf(
  rows: readonly Pick<TagRow, 'name' | 'digest'>[],
): ReadonlyMap<string, Track> {
  const shared = [...Map.groupBy(rows, ({ digest }) => digest)]
    .filter(([, tags]) => tags.length > 1)
    .slice(0, lanes.length)
  return new Map(
    shared.flatMap(([digest, tags], at): [string, Track][] => {
      const lane = lanes[at]
      return lane === undefined ? [] : [[digest, { lane, tags: tags.map(({ name }) => name) }]]
    }),
  )
}

/** What may not be done with a tag, and why; undefined: it may. */
export interface Refusals {
  readonly remove: 'immutable' | undefined
  readonly expire: 'immutable' | undefined
  readonly lock: 'expires' | 'locked' | undefined
  readonly unlock: 'admin' | 'unlocked' | undefined
}

export function refusals(
  tag: Pick<TagRow, 'is_immutable' | 'expiration'>,
  { mayAdmin, immutableCanExpire }: { mayAdmin: boolean; immutableCanExpire: boolean },
): Refusals {
  const { is_immutable: isLocked } = tag
  return {
    remove: isLocked ? 'immutable' : undefined,
    expire: isLocked && !immutableCanExpire ? 'immutable' : undefined,
    lock: isLocked
      ? 'locked'
      : tag.expiration !== null && !immutableCanExpire
        ? 'expires'
        : undefined,
    unlock: isLocked ? (mayAdmin ? undefined : 'admin') : 'unlocked',
  }
}
