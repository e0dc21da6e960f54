import { expect, test } from 'vitest'
import { createLastHour } from './last-hour.ts'

test('the bytes of an hour move on minute by minute, and out of it', () => {
  let nowMs = 30_000
  const hour = createLastHour({ elapsed: () => nowMs })
  hour.received(10)
  hour.received(5)
  expect(hour.minutes().slice(-2)).toEqual([0, 15])
  nowMs = 2 * 60_000
  hour.received(7)
  expect(hour.minutes().slice(-3)).toEqual([15, 0, 7])
  nowMs = 60 * 60_000
  expect([hour.minutes().length, hour.minutes()[0]]).toEqual([60, 0])
  expect(hour.minutes().reduce((sum, bytes) => sum + bytes)).toBe(7)
  nowMs = 1_000 * 60_000
  expect(hour.minutes()).toEqual(Array.from({ length: 60 }, () => 0))
})
