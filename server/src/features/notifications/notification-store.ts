import type { Generated, Insertable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** What the interface tells a person, or the admins of an organization. */
export interface NotificationTable {
  id: Generated<number>
  uuid: string
  kind: string
  target_id: number
  metadata_json: Generated<string>
  created_at: Instant
  dismissed: Generated<number>
  lookup_path: string | null
}

export interface NotificationRow {
  readonly id: number
  readonly uuid: string
  readonly kind: string
  readonly metadata_json: string
  readonly created_at: Instant
  readonly dismissed: number
  /** The organization that it is addressed to; null when it is a person. */
  readonly organization: string | null
}

/** Who reads: a person, and the organizations that it administers unless its token hides them. */
export interface NotificationReader {
  readonly userId: number
  readonly withOrganizations: boolean
}

export function notificationStore(db: Db) {
  const addressedTo = ({ userId, withOrganizations }: NotificationReader) =>
    db
      .selectFrom('notification')
      .innerJoin('user as target', 'target.id', 'notification.target_id')
      .select((e) => [
        'notification.id',
        'notification.uuid',
        'notification.kind',
        'notification.metadata_json',
        'notification.created_at',
        'notification.dismissed',
        e
          .case()
          .when('target.organization', '=', 1)
          .then(e.ref('target.username'))
          .end()
          .as('organization'),
      ])
      .where((e) =>
        withOrganizations
          ? e.or([
              e('notification.target_id', '=', userId),
              e(
                'notification.target_id',
                'in',
                e
                  .selectFrom('teammember')
                  .innerJoin('team', 'team.id', 'teammember.team_id')
                  .select('team.organization_id')
                  .where('teammember.user_id', '=', userId)
                  .where('team.role', '=', 'admin'),
              ),
            ])
          : e('notification.target_id', '=', userId),
      )

  return {
    insert: (notification: Insertable<NotificationTable>) =>
      db.insertInto('notification').values(notification).execute(),

    /** Newest first. */
    listUndismissed: (
      reader: NotificationReader,
      offset: number,
      limit: number,
    ): Promise<NotificationRow[]> =>
      addressedTo(reader)
        .where('notification.dismissed', '=', 0)
        .orderBy('notification.created_at', 'desc')
        .orderBy('notification.id', 'desc')
        .offset(offset)
        .limit(limit)
        .execute(),

    find: (reader: NotificationReader, uuid: string): Promise<NotificationRow | undefined> =>
      addressedTo(reader).where('notification.uuid', '=', uuid).executeTakeFirst(),

    setDismissed: (uuid: string, dismissed: boolean) =>
      db
        .updateTable('notification')
        .set({ dismissed: dismissed ? 1 : 0 })
        .where('uuid', '=', uuid)
        .execute(),

    deleteByPath: (path: string) =>
      db.deleteFrom('notification').where('lookup_path', '=', path).execute(),

    /** Paths are compared byte by byte, so all that begin alike stand together. */
    deleteBelow: (folder: string) =>
      db
        .deleteFrom('notification')
        .where('lookup_path', '>=', folder)
        .where('lookup_path', '<', `${folder.slice(0, -1)}0`)
        .execute(),
  }
}
