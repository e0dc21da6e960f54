import { expect, it } from 'vitest'
import { changedRoles } from './team-calls.ts'

it('names what was given, changed and taken away, and nothing else', () => {
  const before = { app: 'read', base: 'write', gone: 'admin' } as const
  const after = { app: 'read', base: 'admin', fresh: 'read' } as const
  expect(changedRoles(before, after)).toEqual([
    ['base', 'admin'],
    ['gone', null],
    ['fresh', 'read'],
  ])
})
