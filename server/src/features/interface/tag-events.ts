import type { Instant } from '../../platform/clock.ts'
import type { TagPeriod } from './tag-history-row-store.ts'

export type TagChange = 'created' | 'recreated' | 'moved' | 'deleted' | 'reverted' | 'expires'

export interface TagEvent {
  readonly id: string
  readonly change: TagChange
  readonly name: string
  readonly at: Instant
  readonly digest: string
  readonly mediaType: string
  readonly previousDigest: string | null
  /** When what the tag was before goes for good. */
  readonly collectedAt: Instant | null
}

/** One period follows another so soon that the tag never was away. */
const moveMs = 2_000

/** What happened at the start and at the end of a period, the start first. */
export function eventsOf(
  period: TagPeriod,
  {
    before,
    after,
    now,
    windowMs,
  }: {
    /** Of the same tag. */
    readonly before: TagPeriod | undefined
    readonly after: TagPeriod | undefined
    readonly now: Instant
    readonly windowMs: number
  },
): readonly TagEvent[] {
  const { id, name, digest, media_type: mediaType, lifetime_end_ms: end } = period
  const events: TagEvent[] = []
  const moved = before !== undefined && follows(before, period) ? before : undefined
  const reverts = period.reversion === 1
  events.push({
    ...{ id: `${String(id)} start`, name, digest, mediaType, at: period.lifetime_start_ms },
    change: moved ? (reverts ? 'reverted' : 'moved') : reverts ? 'recreated' : 'created',
    previousDigest: moved?.digest ?? null,
    collectedAt: moved ? collected(moved, windowMs) : null,
  })
  if (end !== null && !(after !== undefined && follows(period, after))) {
    const isOver = end <= now
    events.push({
      ...{ id: `${String(id)} end`, name, digest, mediaType, at: end },
      change: isOver ? 'deleted' : 'expires',
      previousDigest: null,
      collectedAt: isOver ? collected(period, windowMs) : null,
    })
  }
  return events
}

/** The events of whole tags: every period within the window is there. */
export function eventsOfAll(
  periods: readonly TagPeriod[],
  times: { readonly now: Instant; readonly windowMs: number },
): TagEvent[] {
  const events: TagEvent[] = []
  for (const ofTag of Map.groupBy(periods, ({ name }) => name).values()) {
    const sorted = ofTag.toSorted(
      (a, b) => a.lifetime_start_ms - b.lifetime_start_ms || a.id - b.id,
    )
    for (const [at, period] of sorted.entries()) {
      const [before, after] = [sorted[at - 1], sorted[at + 1]]
      events.push(...eventsOf(period, { ...times, before, after }))
    }
  }
  return events
}

function follows(before: TagPeriod, after: TagPeriod): boolean {
  const { lifetime_end_ms: end } = before
  return end !== null && Math.abs(after.lifetime_start_ms - end) <= moveMs
}

function collected({ lifetime_end_ms: end }: TagPeriod, windowMs: number): Instant | null {
  return end === null ? null : end + windowMs
}
