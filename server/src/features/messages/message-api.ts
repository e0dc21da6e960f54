import {
  createGlobalMessage,
  deleteGlobalMessage,
  getGlobalMessages,
} from '../../contract/messages.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { MessageService } from './message-service.ts'

export function messageApi({ messages }: { messages: MessageService }): readonly ApiRoute[] {
  return [
    route(getGlobalMessages, async () => {
      const rows = await messages.list()
      return {
        messages: rows.map(({ uuid, content, severity, media_type }) => ({
          uuid,
          content,
          severity,
          media_type,
        })),
      }
    }),
    route(
      createGlobalMessage,
      async ({ body }) => {
        await messages.create(body.message)
        return undefined
      },
      { plain: ['access-denied'] },
    ),
    route(deleteGlobalMessage, async ({ params }) => {
      await messages.delete(params.uuid)
      return undefined
    }),
  ]
}
