import { setImmediate as otherWork } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import type { Step } from '../../work/worker.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { parseData } from './delivery-record.ts'
import { expiringTagStore } from './expiring-tag-store.ts'
import type { RepoEvents } from './repo-events-service.ts'
import type { RepoNotificationRow } from './repo-notification-store.ts'

const notificationsAtOnce = 10
const tagsAtOnce = 500
const dayMs = 86_400_000

/** Raises repo_image_expiry for tags that end soon, once per tag and end (logs, 7.5). */
export function watchImageExpiry({
  db,
  clock,
  events,
  everyMs,
  isResting,
}: {
  db: Db
  clock: Clock
  events: Pick<RepoEvents, 'queue' | 'baseData'>
  /** Between two looks on behalf of one notification. */
  everyMs: number
  isResting: () => boolean
}): Step {
  /** What a crash cuts off is found the next time. */
  async function look(notification: RepoNotificationRow, now: Instant): Promise<void> {
    if (!(await expiringTagStore(db).claim(notification, now))) return
    const days = Number(parseData(notification.event_config_json)['days'])
    const [repository] = await repositoryStore(db).listByIds([notification.repository_id])
    if (!Number.isFinite(days) || repository === undefined) return
    const soon = { after: now, until: now + days * dayMs }
    const tell = () =>
      db.transaction().execute(async (tx) => {
        const store = expiringTagStore(tx)
        const tags = await store.listUntold(notification, soon, tagsAtOnce)
        if (tags.length === 0) return false
        await store.noteTold(notification.id, tags)
        await events.queue(tx, notification.id, {
          ...events.baseData(repository.full_name),
          tags: tags.map(({ name }) => name),
          expiring_in: `${String(days)} days`,
          notification_uuid: notification.uuid,
        })
        return tags.length === tagsAtOnce
      })
    while (await tell()) await otherWork()
  }

  return async (stopping) => {
    if (isResting()) return 'idle'
    const now = clock.now()
    const due = await expiringTagStore(db).listDue(now - everyMs, notificationsAtOnce)
    for (const notification of due) {
      if (stopping?.aborted) return 'idle'
      await look(notification, now)
    }
    return due.length === notificationsAtOnce ? 'more' : 'idle'
  }
}
