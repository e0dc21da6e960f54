import { expect, test } from 'vitest'

import { fullInDays, growthPerWeek } from './growth.ts'

const sample = (day: number, content_bytes: number) => ({
  ...{ day, content_bytes },
  ...{ free_bytes: 0, total_bytes: 0 },
})

test.each([
  ['nothing is known at first', [], undefined],
  ['two days are no trend', [sample(1, 5), sample(2, 10)], undefined],
  ['steady growth', [sample(1, 0), sample(2, 10), sample(3, 20), sample(4, 30)], 70],
  ['a gap of days counts as it is', [sample(1, 0), sample(5, 40)], 70],
  ['content that shrinks', [sample(1, 40), sample(5, 0)], -70],
  ['what was long ago does not count', [sample(1, 9_000), sample(50, 0), sample(54, 40)], 70],
])('%s', (_name, samples, perWeek) => {
  expect(growthPerWeek(samples)).toBe(perWeek)
})

test('says when it is full only while something grows', () => {
  expect(fullInDays(1_000, 70)).toBe(100)
  expect(fullInDays(1_000, 0)).toBeUndefined()
  expect(fullInDays(1_000, -7)).toBeUndefined()
  expect(fullInDays(1_000, undefined)).toBeUndefined()
})
