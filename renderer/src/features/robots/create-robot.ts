import type { Client } from '../../api/client.ts'
import { setRepositoryRole, type RobotCalls, type RobotPlace } from './robot-calls.ts'
import type { RoleName, Roles } from './roles.ts'

export interface NewRobot {
  name: string
  description: string
  teams: string[]
  roles: Roles
  /** On repositories that are created later; empty: none. */
  defaultRole: RoleName | ''
}

export const robotNamePattern = /^(?=.{2,255}$)[a-z0-9]+(?:[._-][a-z0-9]+)*$/

export interface Created {
  readonly name: string
  readonly token: string
  /** What was wanted besides and did not come to be. */
  readonly failures: readonly { readonly what: string; readonly cause: unknown }[]
}

/**
 * The robot first; then what it may do. A failure of the latter leaves the robot, which can be given
 * the rest later.
 */
export async function createRobot(
  client: Client,
  calls: RobotCalls,
  { namespace: orgname }: RobotPlace,
  { name: robot, description, teams, roles, defaultRole }: NewRobot,
): Promise<Created> {
  const { name, token = '' } = await calls.create(robot, description)
  const failures: { what: string; cause: unknown }[] = []
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (cause) {
      failures.push({ what, cause })
    }
  }
  for (const teamname of teams) {
    await attempt(teamname, () =>
      client.call('PUT /api/v1/organization/{orgname}/team/{teamname}/members/{membername}', {
        params: { orgname, teamname, membername: name },
      }),
    )
  }
  for (const [repository, role] of Object.entries(roles)) {
    await attempt(repository, () =>
      setRepositoryRole(client, `${orgname}/${repository}`, name, role),
    )
  }
  if (defaultRole !== '') {
    await attempt(defaultRole, () =>
      client.call('POST /api/v1/organization/{orgname}/prototypes', {
        params: { orgname },
        body: { role: defaultRole, delegate: { name, kind: 'user' } },
      }),
    )
  }
  return { name, token, failures }
}
