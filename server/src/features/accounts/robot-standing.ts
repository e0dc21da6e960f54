import type { Config } from '../../config/config.ts'
import type { RobotPrincipal } from './principal.ts'

export interface RobotWithOwner {
  readonly id: number
  readonly username: string
  readonly enabled: number
  readonly owner_id: number | null
  readonly owner_name: string | null
  readonly owner_enabled: number | null
}

/** The robot as an actor, or why it is none (registry-protocol, 3.4). */
export function robotStanding(
  robot: RobotWithOwner,
  rules: Config['robots'],
): RobotPrincipal | { readonly kind: 'refused'; readonly message: string } {
  const { id, username, owner_id, owner_name, owner_enabled } = robot
  const refused = (message: string) => ({ kind: 'refused', message }) as const
  if (rules.disallow && !rules.whitelist.includes(username)) {
    return refused('Robot account have been disabled. Please contact your administrator.')
  }
  if (owner_id === null) return refused(`Robot ${username} owner does not exist`)
  if (owner_enabled !== 1) {
    return refused(`Robot ${username} owner ${owner_name ?? ''} is disabled`)
  }
  if (robot.enabled !== 1) {
    return refused('This user has been disabled. Please contact your administrator.')
  }
  return { kind: 'robot', id, username, namespaceId: owner_id }
}
