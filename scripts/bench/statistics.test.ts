import { expect, test } from 'vitest'
import { median } from './statistics.ts'

test.each([
  [[7], 7],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[10, 9, 100, 1, 2], 9],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

test('refuses to take the median of nothing', () => {
  expect(() => median([])).toThrow()
})
