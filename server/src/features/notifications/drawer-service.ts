import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import { notificationReadStore } from './notification-read-store.ts'
import {
  notificationStore,
  type NotificationReader,
  type NotificationRow,
} from './notification-store.ts'

export type DrawerService = ReturnType<typeof createDrawerService>

export type DrawerRow = NotificationRow & { readonly read: boolean }

/** So many of the newest are told apart by whether they were read. */
const looksAt = 100

/** What was read is each person's own; a dismissal is for all whom a notification is addressed to. */
export function createDrawerService({ db }: { db: Db }) {
  async function withRead(
    tx: Db,
    { userId }: NotificationReader,
    rows: readonly NotificationRow[],
  ): Promise<DrawerRow[]> {
    const ids = rows.map(({ id }) => id)
    const read = await notificationReadStore(tx).listRead(userId, ids)
    return rows.map((row) => ({ ...row, read: read.has(row.id) }))
  }

  const newest = (tx: Db, reader: NotificationReader) =>
    notificationStore(tx).listUndismissed(reader, 0, looksAt + 1)

  return {
    async list(reader: NotificationReader, limit: number) {
      const rows = await withRead(db, reader, await newest(db, reader))
      return {
        notifications: rows.slice(0, limit),
        unread: rows.slice(0, looksAt).filter(({ read }) => !read).length,
        additional: rows.length > limit,
      }
    },

    /** @throws Problem `not-found` */
    setRead: (reader: NotificationReader, uuid: string, read: boolean): Promise<DrawerRow> =>
      db.transaction().execute(async (tx) => {
        const row = await notificationStore(tx).find(reader, uuid)
        if (row === undefined) throw new Problem('not-found')
        const marks = notificationReadStore(tx)
        if (read) await marks.mark(reader.userId, [row.id])
        else await marks.unmark(reader.userId, row.id)
        return { ...row, read }
      }),

    readAll: (reader: NotificationReader): Promise<void> =>
      db.transaction().execute(async (tx) => {
        const rows = await withRead(tx, reader, await newest(tx, reader))
        const unread = rows.filter(({ read }) => !read)
        await notificationReadStore(tx).mark(
          reader.userId,
          unread.map(({ id }) => id),
        )
      }),
  }
}
