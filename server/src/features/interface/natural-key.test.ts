import { expect, it } from 'vitest'

import { naturalKey } from './natural-key.ts'

const sorted = (names: readonly string[]) =>
  names.toSorted((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1))

it('counts numbers as numbers, wherever they stand', () => {
  expect(sorted(['v10', 'v9', 'v1.10', 'v1.9', 'v1'])).toEqual(['v1', 'v1.9', 'v1.10', 'v9', 'v10'])
  expect(sorted(['2026-10', '2026-9', '007', '8'])).toEqual(['007', '8', '2026-9', '2026-10'])
})

it('takes capitals for small letters', () => {
  expect(sorted(['beta', 'Alpha', 'ALPHA2', 'gamma'])).toEqual(['Alpha', 'ALPHA2', 'beta', 'gamma'])
})
