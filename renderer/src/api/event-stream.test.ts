import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseEvents, type StreamEvent } from './event-stream.ts'

const stream =
  ': still here\n\nid: 7\nevent: job\ndata: {"id":"a",\ndata: "done":1}\n\n' +
  'data: plain\r\n\r\nevent: reset\ndata: {}\n\nevent: nothing\n\n'

const events: readonly [StreamEvent, string | undefined][] = [
  [{ name: 'job', data: { id: 'a', done: 1 } }, '7'],
  [{ name: 'message', data: 'plain' }, '7'],
  [{ name: 'reset', data: {} }, '7'],
]

it('reads the same events however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
      const read: [StreamEvent, string | undefined][] = []
      const take = parseEvents((event, id) => read.push([event, id]))
      const ends = [...new Set([...cuts, stream.length])].toSorted((a, b) => a - b)
      let from = 0
      for (const end of ends) {
        take(stream.slice(from, end))
        from = end
      }
      expect(read).toEqual(events)
    }),
  )
})
