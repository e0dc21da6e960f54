import { expect, it } from 'vitest'
import { isEmail, isOrganizationName, isUsername } from './names.ts'

it.each([
  ['site', true],
  ['site-2.a_b', true],
  ['s', false],
  ['-site', false],
  ['site-', false],
  ['a..b', false],
  ['Site', false],
  ['a'.repeat(255), true],
  ['a'.repeat(256), false],
])('takes %j for the name of an organization: %j', (name, isOne) => {
  expect(isOrganizationName(name)).toBe(isOne)
})

it.each([
  ['crew_1', true],
  ['_crew', true],
  ['crew-', true],
  ['crew.1', false],
  ['c', false],
])('takes %j for the name of a person: %j', (name, isOne) => {
  expect(isUsername(name)).toBe(isOne)
})

it.each([
  ['email@provider.com', true],
  ['email@provider', false],
  ['email provider.com', false],
])('takes %j for an address: %j', (address, isOne) => {
  expect(isEmail(address)).toBe(isOne)
})
