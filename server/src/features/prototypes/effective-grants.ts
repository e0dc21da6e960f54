import type { Grantee, RepositoryRole } from '../repositories/permission-store.ts'
import type { PrototypeRule } from './prototype-store.ts'

export interface EffectiveGrant {
  readonly grantee: Grantee
  readonly role: RepositoryRole
}

/**
 * What the rules of an organization give on a new repository: for each delegate one role, where a rule
 * about this creator beats one about every creator. The creator itself gets nothing by a rule.
 */
export function effectiveGrants(
  rules: readonly PrototypeRule[],
  creatorId: number | null,
): readonly EffectiveGrant[] {
  const isGeneral = (rule: PrototypeRule) => rule.activating_user_id === null
  const byDelegate = new Map<string, EffectiveGrant>()
  const generalFirst = [
    ...rules.filter(isGeneral),
    ...rules.filter((rule) => !isGeneral(rule) && rule.activating_user_id === creatorId),
  ]
  for (const { delegate_user_id: userId, delegate_team_id: teamId, role } of generalFirst) {
    if (teamId !== null) {
      byDelegate.set(`team ${String(teamId)}`, { grantee: { teamId }, role })
    } else if (userId !== null && userId !== creatorId) {
      byDelegate.set(`user ${String(userId)}`, { grantee: { userId }, role })
    }
  }
  return [...byDelegate.values()]
}
