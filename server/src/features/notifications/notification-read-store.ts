import type { Db } from '../../db/tables.ts'

/** Which notifications a person has read. */
export interface NotificationReadTable {
  user_id: number
  notification_id: number
}

/** Queries of `notificationread`. */
export function notificationReadStore(db: Db) {
  return {
    async listRead(userId: number, notificationIds: readonly number[]): Promise<Set<number>> {
      if (notificationIds.length === 0) return new Set()
      const rows = await db
        .selectFrom('notificationread')
        .select('notification_id')
        .where('user_id', '=', userId)
        .where('notification_id', 'in', notificationIds)
        .execute()
      return new Set(rows.map(({ notification_id }) => notification_id))
    },

    async mark(userId: number, notificationIds: readonly number[]): Promise<void> {
      if (notificationIds.length === 0) return
      await db
        .insertInto('notificationread')
        .values(notificationIds.map((notification_id) => ({ user_id: userId, notification_id })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },

    unmark: (userId: number, notificationId: number) =>
      db
        .deleteFrom('notificationread')
        .where('user_id', '=', userId)
        .where('notification_id', '=', notificationId)
        .execute(),
  }
}
