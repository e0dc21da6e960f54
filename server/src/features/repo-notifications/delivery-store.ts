import type { Generated, Insertable, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export type DeliveryState = 'waiting' | 'delivered' | 'failed' | 'filtered' | 'skipped'

/** What is to be sent, and for a while what was. */
export interface NotificationDeliveryTable {
  id: Generated<number>
  uuid: string
  notification_id: number
  event_json: string
  /** Who did what it tells about; null: the server itself, or nobody known. */
  performer: string | null
  is_test: number
  state: DeliveryState
  attempts_left: number
  /** Also until when somebody who sends it has it to itself; null once it is over. */
  next_attempt_at: Instant | null
  attempts_json: string
  created_at: Instant
}

export type DeliveryRow = Selectable<NotificationDeliveryTable>

/** One's own for as long as nobody else took it. */
export interface DeliveryClaim {
  readonly id: number
  readonly until: Instant
}

/** Queries of `notificationdelivery`. */
export function deliveryStore(db: Db) {
  return {
    insert: async (rows: readonly Insertable<NotificationDeliveryTable>[]): Promise<void> => {
      if (rows.length === 0) return
      await db.insertInto('notificationdelivery').values(rows).execute()
    },

    /** The newest first. */
    list: (notificationId: number, limit: number): Promise<DeliveryRow[]> =>
      db
        .selectFrom('notificationdelivery')
        .selectAll()
        .where('notification_id', '=', notificationId)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    find: (notificationId: number, uuid: string): Promise<DeliveryRow | undefined> =>
      db
        .selectFrom('notificationdelivery')
        .selectAll()
        .where('uuid', '=', uuid)
        .where('notification_id', '=', notificationId)
        .executeTakeFirst(),

    /** Of all notifications but some. */
    listDue: (now: Instant, but: readonly number[], limit: number): Promise<DeliveryRow[]> =>
      db
        .selectFrom('notificationdelivery')
        .selectAll()
        .where('next_attempt_at', '<=', now)
        .$if(but.length > 0, (query) => query.where('notification_id', 'not in', but))
        .orderBy('next_attempt_at')
        .orderBy('id')
        .limit(limit)
        .execute(),

    async countDue(now: Instant): Promise<number> {
      const { count } = await db
        .selectFrom('notificationdelivery')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('next_attempt_at', '<=', now)
        .executeTakeFirstOrThrow()
      return count
    },

    /** Takes an attempt, and everybody else's hands off it. False when it was taken. */
    async claim({ id, next_attempt_at }: DeliveryRow, until: Instant): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('notificationdelivery')
        .set((e) => ({ attempts_left: e('attempts_left', '-', 1), next_attempt_at: until }))
        .where('id', '=', id)
        .where('next_attempt_at', '=', next_attempt_at)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },

    /** False when it is somebody else's by now, or gone. */
    async settle(
      { id, until }: DeliveryClaim,
      change: Partial<
        Pick<DeliveryRow, 'state' | 'next_attempt_at' | 'attempts_left' | 'attempts_json'>
      >,
    ): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('notificationdelivery')
        .set(change)
        .where('id', '=', id)
        .where('next_attempt_at', '=', until)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },

    /** Forgets what is over, but for the newest. */
    async trim(notificationId: number, kept: number): Promise<void> {
      const last = await db
        .selectFrom('notificationdelivery')
        .select('id')
        .where('notification_id', '=', notificationId)
        .where('next_attempt_at', 'is', null)
        .orderBy('id', 'desc')
        .offset(kept)
        .limit(1)
        .executeTakeFirst()
      if (last === undefined) return
      await db
        .deleteFrom('notificationdelivery')
        .where('notification_id', '=', notificationId)
        .where('next_attempt_at', 'is', null)
        .where('id', '<=', last.id)
        .execute()
    },
  }
}
