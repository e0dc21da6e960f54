import { expect, test } from 'vitest'

import { createEventBus, type BusEvent } from './event-bus.ts'

const numbers = (events: readonly BusEvent[] | undefined) => events?.map(({ seq }) => seq)

test('tells who listens, and nobody who has stopped', () => {
  const bus = createEventBus()
  const heard: BusEvent[] = []
  const end = bus.subscribe((event) => heard.push(event))
  bus.publish('health', { state: 'ok' })
  end()
  bus.publish('health', { state: 'error' })
  expect(heard).toEqual([{ seq: 1, topic: 'health', data: { state: 'ok' } }])
})

test('continues after an event, and says when it cannot', () => {
  const bus = createEventBus({ kept: 3 })
  for (let at = 0; at < 5; at++) bus.publish('jobs', {})
  expect(numbers(bus.after(3))).toEqual([4, 5])
  expect(numbers(bus.after(5))).toEqual([])
  expect(numbers(bus.after(2))).toEqual([3, 4, 5])
  expect(bus.after(1)).toBeUndefined()
  expect(bus.after(6)).toBeUndefined()
})
