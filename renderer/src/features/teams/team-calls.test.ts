import { expect, it } from 'vitest'
import { changedRoles } from './team-calls.ts'

it('names what was given, changed and taken away, and nothing else', () => {
  const held = { app: 'read', base: 'write', gone: 'admin' } as const
  const chosen = { app: 'read', base: 'admin', gone: null, fresh: 'read', none: null } as const
  expect(changedRoles(held, chosen)).toEqual([
    ['base', 'admin'],
    ['gone', null],
    ['fresh', 'read'],
  ])
})

it('leaves alone what others changed while somebody chose', () => {
  expect(changedRoles({ app: 'admin', theirs: 'write' }, { app: 'read' })).toEqual([
    ['app', 'read'],
  ])
})
