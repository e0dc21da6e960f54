import {
  createOrganizationPrototypePermission,
  deleteOrganizationPrototypePermission,
  getOrganizationPrototypePermissions,
  updateOrganizationPrototypePermission,
} from '../../contract/prototypes.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PrototypeService } from './prototype-service.ts'
import type { PrototypeAccount, PrototypeRow } from './prototype-store.ts'

export function prototypeApi({
  prototypes,
  avatars,
}: {
  prototypes: PrototypeService
  avatars: Avatars
}): readonly ApiRoute[] {
  const viewAccount = ({ username, email, isRobot, isMember }: PrototypeAccount) => ({
    name: username,
    is_robot: isRobot,
    kind: 'user' as const,
    is_org_member: isRobot || isMember,
    avatar: avatars.avatar(isRobot ? 'robot' : 'user', username, email),
  })

  const view = ({ uuid, role, activating, delegate }: PrototypeRow) => ({
    id: uuid,
    role,
    activating_user: activating && viewAccount(activating),
    delegate:
      'team' in delegate
        ? { name: delegate.team, kind: 'team' as const, avatar: avatars.ofTeam(delegate.team) }
        : viewAccount(delegate),
  })

  return [
    route(getOrganizationPrototypePermissions, async ({ organization }) => ({
      prototypes: (await prototypes.list(organization)).map(view),
    })),

    route(createOrganizationPrototypePermission, async ({ organization, body, actor }) => {
      const { role, delegate, activating_user } = body
      const rule = { role, delegate, activatingUser: activating_user?.name }
      return view(await prototypes.create(organization, rule, actor))
    }),

    route(updateOrganizationPrototypePermission, async ({ organization, params, body, actor }) =>
      view(await prototypes.setRole(organization, params.prototypeid, body.role, actor)),
    ),

    route(deleteOrganizationPrototypePermission, async ({ organization, params, actor }) => {
      await prototypes.delete(organization, params.prototypeid, actor)
      return undefined
    }),
  ]
}
