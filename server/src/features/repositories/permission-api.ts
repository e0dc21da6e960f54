import {
  changeTeamPermissions,
  changeUserPermissions,
  deleteTeamPermissions,
  deleteUserPermissions,
  getTeamPermissions,
  getUserPermissions,
  getUserTransitivePermission,
  listRepoTeamPermissions,
  listRepoUserPermissions,
} from '../../contract/permissions.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { TeamGrant, UserGrant } from './permission-store.ts'
import type { RepositoryService } from './repository-service.ts'

export function permissionApi({
  repositories,
  avatars,
}: {
  repositories: RepositoryService
  avatars: Avatars
}): readonly ApiRoute[] {
  const presentUser = (grant: UserGrant, namespace: AccountRow) => ({
    role: grant.role,
    name: grant.username,
    is_robot: grant.robot === 1,
    avatar: avatars.of(grant),
    ...(namespace.organization === 1 && { is_org_member: grant.robot === 1 || grant.isMember }),
  })
  const presentTeam = ({ role, name }: TeamGrant) => ({ role, name, avatar: avatars.ofTeam(name) })

  return [
    route(listRepoTeamPermissions, async ({ repository }) => {
      const grants = await repositories.listTeamGrants(repository)
      return {
        permissions: Object.fromEntries(grants.map((grant) => [grant.name, presentTeam(grant)])),
      }
    }),

    route(listRepoUserPermissions, async ({ repository, namespace }) => {
      const grants = await repositories.listUserGrants(repository)
      return {
        permissions: Object.fromEntries(
          grants.map((grant) => [grant.username, presentUser(grant, namespace)]),
        ),
      }
    }),

    route(getUserTransitivePermission, async ({ repository, params }) => {
      const roles = await repositories.listTransitiveRoles(repository, params.username)
      return { permissions: roles.map((role) => ({ role })) }
    }),

    route(getUserPermissions, async ({ repository, namespace, params }) =>
      presentUser(await repositories.getUserGrant(repository, params.username), namespace),
    ),

    route(changeUserPermissions, async ({ repository, namespace, params, body, actor }) => {
      await repositories.grantUser(repository, params.username, body.role, actor)
      return presentUser(await repositories.getUserGrant(repository, params.username), namespace)
    }),

    route(deleteUserPermissions, async ({ repository, params, actor }) => {
      await repositories.revokeUser(repository, params.username, actor)
      return undefined
    }),

    route(getTeamPermissions, async ({ repository, params }) => ({
      role: await repositories.getTeamGrant(repository, params.teamname),
    })),

    route(changeTeamPermissions, async ({ repository, params, body, actor }) => {
      await repositories.grantTeam(repository, params.teamname, body.role, actor)
      return presentTeam({ role: body.role, name: params.teamname })
    }),

    route(deleteTeamPermissions, async ({ repository, params, actor }) => {
      await repositories.revokeTeam(repository, params.teamname, actor)
      return undefined
    }),
  ]
}
