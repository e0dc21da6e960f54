import { expect, it } from 'vitest'
import { namespaceTabs, tabOf, type NamespaceView } from './namespace-tabs.ts'

const stranger: NamespaceView = {
  kind: 'organization',
  isMember: false,
  isAdmin: false,
  isOwn: false,
  isReadOnly: false,
  hasMirroring: false,
}
const admin = { ...stranger, isMember: true, isAdmin: true }
const own: NamespaceView = { ...stranger, kind: 'user', isOwn: true }

it('shows an organization to each as far as it concerns them', () => {
  expect(namespaceTabs(stranger)).toEqual(['Repositories'])
  expect(namespaceTabs({ ...stranger, isMember: true })).toEqual([
    'Repositories',
    'Teamsandmembership',
  ])
  expect(namespaceTabs(admin)).toEqual([
    ...['Repositories', 'Teamsandmembership', 'Robotaccounts'],
    ...['Defaultpermissions', 'OAuthApplications', 'Logs', 'Settings'],
  ])
})

it('shows the mirroring of an organization where there is any', () => {
  expect(namespaceTabs({ ...admin, hasMirroring: true })).toContain('Mirroring')
  expect(namespaceTabs({ ...stranger, hasMirroring: true })).not.toContain('Mirroring')
  expect(namespaceTabs({ ...own, hasMirroring: true })).not.toContain('Mirroring')
})

it('shows all of a namespace to its owner alone', () => {
  expect(namespaceTabs(own)).toEqual([
    ...['Repositories', 'Robotaccounts', 'Externallogins', 'Logs', 'Settings'],
  ])
  expect(namespaceTabs({ ...own, isOwn: false })).toEqual(['Repositories'])
})

it('leaves out what only changes while the registry is read-only', () => {
  expect(namespaceTabs({ ...admin, isReadOnly: true })).not.toContain('Settings')
  expect(namespaceTabs({ ...own, isReadOnly: true })).not.toContain('Robotaccounts')
})

it.each([
  ['settings', 'Settings'],
  ['TEAMSANDMEMBERSHIP', 'Teamsandmembership'],
  ['external', 'Repositories'],
  ['nothing', 'Repositories'],
  [null, 'Repositories'],
])('takes ?tab=%s for %s', (name, tab) => {
  expect(tabOf(name, namespaceTabs(admin))).toBe(tab)
})

it("takes Quay's short name of external logins", () => {
  expect(tabOf('external', namespaceTabs(own))).toBe('Externallogins')
})
