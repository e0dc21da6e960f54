import { expect, it } from 'vitest'
import { strengthOf } from './strength.ts'

it.each([
  ['', 0],
  ['short1!', 0],
  ['ten letters'.slice(0, 10), 1],
  ['aaaaaaaaaaaaaaaa', 1],
  ['harbourlight', 2],
  ['harbour-lantern-42', 4],
  ['anchor-tide-pebble-lantern-quay', 4],
] as const)('finds %j worth %d', (password, strength) => {
  expect(strengthOf(password)).toBe(strength)
})
