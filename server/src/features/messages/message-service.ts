import type { Db } from '../../db/tables.ts'
import type { Random } from '../../platform/random.ts'
import { messageStore, type MessageRow } from './message-store.ts'

export type MessageService = ReturnType<typeof createMessageService>

export function createMessageService({ db, random }: { db: Db; random: Random }) {
  const messages = messageStore(db)
  return {
    list: () => messages.list(),
    create: (message: Omit<MessageRow, 'id' | 'uuid'>) =>
      messages.insert({ uuid: random.uuid(), ...message }),
    delete: (uuid: string) => messages.delete(uuid),
  }
}
