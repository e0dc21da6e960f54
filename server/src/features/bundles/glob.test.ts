import { expect, test } from 'vitest'
import { matchesGlob } from './glob.ts'

test.each([
  ['org/*', 'org/app', true],
  ['org/*', 'other/app', false],
  ['*', '', true],
  ['v1.*', 'v1.2.3', true],
  ['v1.*', 'v1', false],
  ['*-alpine*', '3.20-alpine-slim', true],
  ['a*b*c', 'axxbyybzzc', true],
  ['a*b*c', 'axxbyybzz', false],
  ['v1', 'v1', true],
  ['v1', 'v10', false],
  ['v?.0', 'v1.0', true],
  ['v?', 'v', false],
])('the pattern %s fits %s: %s', (pattern, text, fits) => {
  expect(matchesGlob(pattern, text)).toBe(fits)
})

test('a pattern of many stars takes no time on a long text', () => {
  expect(matchesGlob(`${'a*'.repeat(50)}b`, 'a'.repeat(20_000))).toBe(false)
})
