import type { Client } from '../../api/client.ts'
import type { ChosenRoles, RoleName, Roles } from '../robots/roles.ts'

interface Team {
  readonly orgname: string
  readonly teamname: string
}

/** What a team may do in repositories, by name without the namespace. */
export async function teamRoles(client: Client, params: Team): Promise<Roles> {
  const { permissions } = await client.call(
    'GET /api/v1/organization/{orgname}/team/{teamname}/permissions',
    { params },
  )
  return Object.fromEntries(permissions.map(({ repository, role }) => [repository.name, role]))
}

/** What was chosen and differs; what others gave or took meanwhile is not touched. */
export function changedRoles(
  held: Roles,
  chosen: ChosenRoles,
): readonly (readonly [repository: string, role: RoleName | null])[] {
  return Object.entries(chosen).filter(([name, role]) => (held[name] ?? null) !== role)
}

export async function setTeamRole(
  client: Client,
  { orgname, teamname }: Team,
  name: string,
  role: RoleName | null,
): Promise<void> {
  const params = { repository: `${orgname}/${name}`, teamname }
  if (role === null) {
    await client.call('DELETE /api/v1/repository/{repository}/permissions/team/{teamname}', {
      params,
    })
  } else {
    await client.call('PUT /api/v1/repository/{repository}/permissions/team/{teamname}', {
      params,
      body: { role },
    })
  }
}

export async function addMember(client: Client, team: Team, membername: string): Promise<void> {
  await client.call('PUT /api/v1/organization/{orgname}/team/{teamname}/members/{membername}', {
    params: { ...team, membername },
  })
}
