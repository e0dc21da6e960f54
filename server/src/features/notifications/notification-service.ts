import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { RepoEvent } from '../repo-notifications/repo-event.ts'
import { hasScope, type UserPrincipal } from '../accounts/principal.ts'
import {
  notificationStore,
  type NotificationReader,
  type NotificationRow,
} from './notification-store.ts'

export type NotificationService = ReturnType<typeof createNotificationService>

/** logs-and-notifications, 7.7 */
export type NotificationKind =
  | 'service_key_submitted'
  | 'password_required'
  | 'maintenance'
  | 'org_team_invite'
  | 'assigned_authorization'
  | 'test_notification'
  | RepoEvent
  /** Of the appliance itself. */
  | 'bundle_export_failed'

export interface NewNotification {
  readonly kind: NotificationKind
  /** A person, or an organization: then its admins see it. */
  readonly targetId: number
  readonly metadata: Readonly<Record<string, unknown>>
  /** Names what it is about, so that it can be taken back. */
  readonly lookupPath?: string
}

/** What the interface shows under the bell. */
export function createNotificationService({
  db,
  clock,
  random,
  bus,
}: {
  db: Db
  clock: Clock
  random: Random
  /** The command line has nobody who listens. */
  bus?: EventBus | undefined
}) {
  async function get(tx: Db, reader: NotificationReader, uuid: string): Promise<NotificationRow> {
    const notification = await notificationStore(tx).find(reader, uuid)
    if (notification === undefined) throw new Problem('not-found')
    return notification
  }

  return {
    /** Together with what it tells about, in its transaction. */
    async notify(tx: Db, { kind, targetId, metadata, lookupPath }: NewNotification): Promise<void> {
      const uuid = random.uuid()
      await notificationStore(tx).insert({
        uuid,
        kind,
        target_id: targetId,
        metadata_json: JSON.stringify(metadata),
        created_at: clock.now(),
        lookup_path: lookupPath ?? null,
      })
      bus?.publish('notifications', { uuid })
    },

    /** Takes back what was sent under a path; a path that ends in `/` stands for all below it. */
    async withdraw(tx: Db, lookupPath: string): Promise<void> {
      const notifications = notificationStore(tx)
      if (lookupPath.endsWith('/')) await notifications.deleteBelow(lookupPath)
      else await notifications.deleteByPath(lookupPath)
    },

    /** A page of those that were not dismissed, newest first; `page` counts from 0. */
    async list(
      reader: NotificationReader,
      page: number,
      limit: number,
    ): Promise<{ notifications: NotificationRow[]; additional: boolean }> {
      const rows = await notificationStore(db).listUndismissed(reader, page * limit, limit + 1)
      return { notifications: rows.slice(0, limit), additional: rows.length > limit }
    },

    find: (reader: NotificationReader, uuid: string): Promise<NotificationRow | undefined> =>
      notificationStore(db).find(reader, uuid),

    /** @throws Problem `not-found` */
    get: (reader: NotificationReader, uuid: string) => get(db, reader, uuid),

    /** @throws Problem `not-found` */
    setDismissed: (
      reader: NotificationReader,
      uuid: string,
      dismissed: boolean,
    ): Promise<NotificationRow> =>
      db.transaction().execute(async (tx) => {
        const notification = await get(tx, reader, uuid)
        await notificationStore(tx).setDismissed(uuid, dismissed)
        return { ...notification, dismissed: dismissed ? 1 : 0 }
      }),
  }
}

/** What organizations are told is for who may administer them, which not every token may. */
export function readerOf(principal: UserPrincipal): NotificationReader {
  return { userId: principal.id, withOrganizations: hasScope(principal, 'org:admin') }
}
