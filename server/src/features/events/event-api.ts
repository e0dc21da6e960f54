import { getEvents } from '../../contract/events.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import { hasScope } from '../accounts/principal.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import { readerOf } from '../notifications/notification-service.ts'
import type { EventService, Viewer } from './event-service.ts'
import { eventStreamHeaders, formatEvent, openEventStream, wantsStream } from './event-stream.ts'
import type { ListenerCheck } from './listener-check.ts'
import type { StreamLimit } from './stream-limit.ts'

export function eventApi({
  events,
  bus,
  limit,
  check,
}: {
  events: EventService
  bus: EventBus
  limit: StreamLimit
  check: ListenerCheck
}): readonly ApiRoute[] {
  return [
    route(getEvents, async (call) => {
      const { principal } = call
      const viewer: Viewer = {
        principal,
        ...(hasScope(principal, 'user:admin') && { reader: readerOf(principal) }),
      }
      const topics = await events.parseTopics(call.query.topics, principal)
      const lastId = call.header('last-event-id')
      const missed = await events.missed(viewer, topics, lastId)
      const first = missed.isComplete ? missed.events : [events.reset()]
      if (!wantsStream(call.header('accept'))) {
        return reply(200, first.map(formatEvent).join(''), eventStreamHeaders)
      }
      const giveBack = limit.take(principal.id)
      const isStillThere = check(call)
      const stream = openEventStream({
        signals: [call.signal, bus.closing],
        mayGoOn: async () => (await isStillThere()) && (await events.maySeeAll(viewer, topics)),
        start(send) {
          for (const event of first) send(event)
          const end = events.follow(viewer, topics, missed.seq, send)
          return () => {
            end()
            giveBack()
          }
        },
      })
      return reply(200, stream, eventStreamHeaders)
    }),
  ]
}
