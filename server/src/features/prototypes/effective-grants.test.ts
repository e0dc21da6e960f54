import { describe, expect, it } from 'vitest'

import type { RepositoryRole } from '../repositories/permission-store.ts'
import { effectiveGrants } from './effective-grants.ts'

const [ada, bob, dev, ops] = [1, 2, 11, 12]

const toTeam = (teamId: number, role: RepositoryRole, activating: number | null = null) => ({
  activating_user_id: activating,
  delegate_user_id: null,
  delegate_team_id: teamId,
  role,
})
const toUser = (userId: number, role: RepositoryRole, activating: number | null = null) => ({
  activating_user_id: activating,
  delegate_user_id: userId,
  delegate_team_id: null,
  role,
})

describe('what default permissions grant on a new repository', () => {
  it('is the rule about its creator before the rule about everybody, whichever came first', () => {
    const granted = [{ grantee: { teamId: dev }, role: 'write' }]
    expect(effectiveGrants([toTeam(dev, 'read'), toTeam(dev, 'write', ada)], ada)).toEqual(granted)
    expect(effectiveGrants([toTeam(dev, 'write', ada), toTeam(dev, 'read')], ada)).toEqual(granted)
    expect(effectiveGrants([toTeam(dev, 'admin'), toTeam(dev, 'write', ada)], ada)).toEqual(granted)
  })

  it('leaves out rules about another creator', () => {
    const rules = [toTeam(dev, 'read'), toTeam(dev, 'write', ada), toTeam(ops, 'admin', ada)]
    expect(effectiveGrants(rules, bob)).toEqual([{ grantee: { teamId: dev }, role: 'read' }])
    expect(effectiveGrants(rules, null)).toEqual([{ grantee: { teamId: dev }, role: 'read' }])
  })

  it('is one grant for each delegate, none for the creator', () => {
    const rules = [toUser(ada, 'read'), toUser(bob, 'read'), toTeam(bob, 'admin')]
    expect(effectiveGrants(rules, ada)).toEqual([
      { grantee: { userId: bob }, role: 'read' },
      { grantee: { teamId: bob }, role: 'admin' },
    ])
  })
})
