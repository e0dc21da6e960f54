import { expect, it } from 'vitest'
import { shownPeople, teamPeople } from './team-members.ts'

const avatar = { name: 'x', hash: '0', color: '#000', kind: 'user' } as const
const account = { kind: 'user', is_robot: false, avatar, invited: false } as const
const people = teamPeople([
  { ...account, name: 'mika' },
  { ...account, name: 'site+ci', is_robot: true },
  { ...account, name: 'anna', invited: true },
  { kind: 'invite', email: 'kai@example.com', avatar, invited: true },
])
const all = { view: 'all', search: '', order: 'asc' } as const
const names = (shown: ReturnType<typeof shownPeople>) => shown.map(({ name }) => name)

it('tells people, robots and those who were invited apart', () => {
  expect(people.map(({ kind, isEmail }) => [kind, isEmail])).toEqual([
    ['user', false],
    ['robot', false],
    ['invited', false],
    ['invited', true],
  ])
})

it('shows those who are asked for, by name', () => {
  expect(names(shownPeople(people, all))).toEqual(['anna', 'kai@example.com', 'mika', 'site+ci'])
  expect(names(shownPeople(people, { ...all, view: 'invited', order: 'desc' }))).toEqual([
    'kai@example.com',
    'anna',
  ])
  expect(names(shownPeople(people, { ...all, search: 'CI' }))).toEqual(['site+ci'])
})
