import { followServiceLogs, listServiceLogs } from '../../contract/appliance-service.ts'
import type { EventBus } from '../../platform/event-bus.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import {
  eventStreamHeaders,
  formatEvent,
  openEventStream,
  wantsStream,
} from '../events/event-stream.ts'
import type { ListenerCheck } from '../events/listener-check.ts'
import type { StreamLimit } from '../events/stream-limit.ts'
import type { LogLine, ServiceLog } from './service-log.ts'

const usualLimit = 200
const longestLimit = 1_000
/** Of a stream that does not say where it goes on. */
const linesBefore = 100

export function serviceLogApi({
  log,
  bus,
  limit,
  check,
}: {
  log: ServiceLog
  bus: EventBus
  limit: StreamLimit
  check: ListenerCheck
}): readonly ApiRoute[] {
  return [
    route(listServiceLogs, ({ query }) => {
      const { before, limit: wanted = usualLimit, ...filter } = query
      const count = Math.min(Math.max(wanted, 1), longestLimit)
      const { lines, next, lastSeq, components } = log.page(filter, before, count)
      return Promise.resolve({ lines, next, last_seq: lastSeq, components })
    }),

    route(followServiceLogs, (call) => {
      const { after, ...filter } = call.query
      const last = Number(call.header('last-event-id'))
      const seen = Number.isSafeInteger(last) && last > 0 ? last : after
      // A number of another process, from before a restart, is worth nothing.
      const isOurs = seen !== undefined && seen >= 0 && seen <= log.lastSeq()
      const waiting = log.after(filter, isOurs ? seen : Math.max(0, log.lastSeq() - linesBefore))
      if (!wantsStream(call.header('accept'))) {
        const text = waiting.map((line) => formatEvent(eventOf(line))).join('')
        return Promise.resolve(reply(200, text, eventStreamHeaders))
      }
      const giveBack = limit.take(call.principal.id)
      const stream = openEventStream({
        signals: [call.signal, bus.closing],
        mayGoOn: check(call),
        start(send) {
          for (const line of waiting) send(eventOf(line))
          const end = log.follow(filter, (line) => {
            send(eventOf(line))
          })
          return () => {
            end()
            giveBack()
          }
        },
      })
      return Promise.resolve(reply(200, stream, eventStreamHeaders))
    }),
  ]
}

const eventOf = (line: LogLine) => ({ id: String(line.seq), name: 'line', data: line })
