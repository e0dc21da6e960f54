import type { Client } from '../../api/client.ts'
import type { Output } from '../../api/operations.ts'
import type { EntityKind } from '../entity-search/entity.ts'

type People = Output<'GET /api/v1/repository/{repository}/permissions/user/'>['permissions']
export type RoleName = People[string]['role']
export const roleNames: readonly RoleName[] = ['read', 'write', 'admin']

/** Who has a role of its own on a repository. */
export interface Permission {
  readonly kind: EntityKind
  readonly name: string
  readonly role: RoleName
  readonly avatar: People[string]['avatar']
  /** False for people of other organizations, whom somebody may have forgotten. */
  readonly isMember: boolean
}

export const keyOfPermission = ({ kind, name }: Pick<Permission, 'kind' | 'name'>) =>
  `${kind}:${name}`

/** Teams, then robots, then people, each by name. */
export async function readPermissions(
  client: Client,
  repository: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const params = { repository }
  const [teams, people] = await Promise.all([
    client.call('GET /api/v1/repository/{repository}/permissions/team/', { params, signal }),
    client.call('GET /api/v1/repository/{repository}/permissions/user/', { params, signal }),
  ])
  const order: readonly EntityKind[] = ['team', 'robot', 'user']
  return [
    ...Object.values(teams.permissions).map(({ name, role, avatar }): Permission => ({
      ...{ kind: 'team', name, role, avatar, isMember: true },
    })),
    ...Object.values(people.permissions).map(
      ({ name, role, avatar, is_robot, is_org_member = true }): Permission => ({
        ...{ kind: is_robot ? 'robot' : 'user', name, role, avatar, isMember: is_org_member },
      }),
    ),
  ].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || a.name.localeCompare(b.name),
  )
}

type Grantee = Pick<Permission, 'kind' | 'name'>

export async function givePermission(
  client: Client,
  repository: string,
  { kind, name }: Grantee,
  role: RoleName,
): Promise<void> {
  await (kind === 'team'
    ? client.call('PUT /api/v1/repository/{repository}/permissions/team/{teamname}', {
        params: { repository, teamname: name },
        body: { role },
      })
    : client.call('PUT /api/v1/repository/{repository}/permissions/user/{username}', {
        params: { repository, username: name },
        body: { role },
      }))
}

export async function takePermission(
  client: Client,
  repository: string,
  { kind, name }: Grantee,
): Promise<void> {
  await (kind === 'team'
    ? client.call('DELETE /api/v1/repository/{repository}/permissions/team/{teamname}', {
        params: { repository, teamname: name },
      })
    : client.call('DELETE /api/v1/repository/{repository}/permissions/user/{username}', {
        params: { repository, username: name },
      }))
}
