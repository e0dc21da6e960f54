import { expect, it } from 'vitest'
import { redactName } from './redact-name.ts'

it.each([
  ['acmehome', 'ac••••me'],
  ['acme', 'a••e'],
  ['abc', 'a•c'],
  ['ab', 'ab'],
])('hides the middle of %s as %s', (name, redacted) => {
  expect(redactName(name)).toBe(redacted)
})
