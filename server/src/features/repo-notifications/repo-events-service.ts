import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { isDigest } from '../../storage/digest.ts'
import type { Actor, AuditEntry } from '../audit/audit-log.ts'
import { deliveryStore } from './delivery-store.ts'
import { baseData, textAt, type EventData, type Place, type RepoEvent } from './repo-event.ts'
import { repoNotificationStore } from './repo-notification-store.ts'

export type RepoEvents = ReturnType<typeof createRepoEvents>

export const attemptsPerDelivery = 5

/** What happened, as far as it is no part of every event. */
interface Happening {
  readonly event: RepoEvent
  readonly data: EventData
}

/**
 * Raises what people wait for: what is told goes into a queue in the transaction of what happened, so
 * that it is told exactly when that happened. Most of it is heard from the action log.
 */
export function createRepoEvents({
  clock,
  random,
  place,
}: {
  clock: Clock
  random: Random
  place: Place
}) {
  let queued: (amount: number) => void = () => undefined

  async function queueAll(
    tx: Db,
    notificationIds: readonly number[],
    data: EventData,
    { performer = null, isTest = false }: { performer?: string | null; isTest?: boolean },
  ): Promise<readonly string[]> {
    const now = clock.now()
    const common = {
      ...{ event_json: JSON.stringify(data), performer, is_test: isTest ? 1 : 0 },
      ...{ state: 'waiting' as const, attempts_left: attemptsPerDelivery },
      ...{ next_attempt_at: now, attempts_json: '[]', created_at: now },
    }
    const rows = notificationIds.map((id) => ({
      ...common,
      uuid: random.uuid(),
      notification_id: id,
    }))
    await deliveryStore(tx).insert(rows)
    queued(rows.length)
    return rows.map(({ uuid }) => uuid)
  }

  async function raise(
    tx: Db,
    repositoryId: number,
    { event, data }: Happening,
    actor: Actor,
  ): Promise<void> {
    const waiting = await repoNotificationStore(tx).listEnabled(repositoryId, event)
    const [first] = waiting
    if (first === undefined) return
    const whole = { ...baseData(first.full_name, place), ...data }
    const ids = waiting.map(({ id }) => id)
    await queueAll(tx, ids, whole, { performer: performerOf(actor) })
  }

  return {
    /** For one notification. @returns the id of the delivery. */
    queue: async (
      tx: Db,
      notificationId: number,
      data: EventData,
      about: { readonly performer?: string | null; readonly isTest?: boolean } = {},
    ): Promise<string> => {
      const [uuid = ''] = await queueAll(tx, [notificationId], data, about)
      return uuid
    },

    /** What the action log is told, in its transaction. */
    async hear(tx: Db, entry: AuditEntry): Promise<void> {
      if (typeof entry.repositoryId !== 'number') return
      const heard = happeningOf(entry)
      if (heard !== undefined) await raise(tx, entry.repositoryId, heard, entry.actor)
    },

    baseData: (fullName: string): EventData => baseData(fullName, place),

    /** Called when something was queued, perhaps in a transaction that is not over. */
    onQueued(listener: (amount: number) => void): void {
      queued = listener
    },
  }
}

function happeningOf({ kind, metadata, tags }: AuditEntry): Happening | undefined {
  switch (kind) {
    case 'push_repo':
    case 'repo_mirror_sync_tag_success': {
      const tag = textAt(metadata, 'tag')
      const updated = tags ?? (tag === '' || isDigest(tag) ? [] : [tag])
      return updated.length === 0
        ? undefined
        : { event: 'repo_push', data: { updated_tags: updated } }
    }
    case 'repo_mirror_sync_started':
    case 'repo_mirror_sync_success':
    case 'repo_mirror_sync_failed':
      return { event: kind, data: { message: textAt(metadata, 'message') } }
    case 'org_mirror_sync_started':
      return { event: 'repo_mirror_sync_started', data: sourceOf(metadata) }
    case 'org_mirror_sync_success':
      return { event: 'repo_mirror_sync_success', data: sourceOf(metadata) }
    case 'org_mirror_sync_failed':
      // One tag that failed is not the end of a run.
      return metadata['verb'] === 'end'
        ? { event: 'repo_mirror_sync_failed', data: sourceOf(metadata) }
        : undefined
    default:
      return undefined
  }
}

/** A repository that an organization follows, as mirrors name theirs. */
function sourceOf(metadata: EventData): EventData {
  const keys = ['external_registry_url', 'external_namespace', 'repo']
  return { message: `'${keys.map((key) => textAt(metadata, key)).join('/')}'` }
}

function performerOf({ principal }: Actor): string | null {
  return principal === 'system' || principal.kind === 'anonymous' ? null : principal.username
}
