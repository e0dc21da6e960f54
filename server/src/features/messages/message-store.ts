import type { Generated, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'

/** What superusers tell everybody. */
export interface MessageTable {
  id: Generated<number>
  uuid: string
  content: string
  severity: 'info' | 'warning' | 'error'
  media_type: 'text/plain' | 'text/markdown'
}

export type MessageRow = Selectable<MessageTable>

const listedAtMost = 1_000

export function messageStore(db: Db) {
  return {
    list: (): Promise<MessageRow[]> =>
      db.selectFrom('messages').selectAll().orderBy('id').limit(listedAtMost).execute(),

    insert: (message: Omit<MessageRow, 'id'>) =>
      db.insertInto('messages').values(message).execute(),

    delete: (uuid: string) => db.deleteFrom('messages').where('uuid', '=', uuid).execute(),
  }
}
