import { expect, it } from 'vitest'
import { namespaceActions } from './namespace-actions.ts'

const all = { usesDatabase: true, hasMailing: true }
const person = { kind: 'user', is_own: false, enabled: true, super_user: false } as const

it('offers a superuser what can be done with an organization', () => {
  const row = { kind: 'organization', is_own: false } as const
  expect(namespaceActions(row, all)).toEqual(['rename', 'take-ownership', 'delete-organization'])
})

it('offers what can be done with a person', () => {
  expect(namespaceActions(person, all)).toEqual([
    ...['change-email', 'change-password', 'send-recovery'],
    ...['take-ownership', 'disable', 'delete-user'],
  ])
  expect(namespaceActions({ ...person, enabled: false }, all)).toContain('enable')
})

it('leaves passwords to the directory, and mail to a registry that sends any', () => {
  const rest = ['take-ownership', 'disable', 'delete-user']
  expect(namespaceActions(person, { usesDatabase: false, hasMailing: true })).toEqual(rest)
  expect(namespaceActions(person, { ...all, hasMailing: false })).not.toContain('send-recovery')
})

it('offers nothing for other superusers and for oneself', () => {
  expect(namespaceActions({ ...person, super_user: true }, all)).toEqual([])
  expect(namespaceActions({ ...person, is_own: true }, all)).toEqual([])
})
