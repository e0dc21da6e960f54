import {
  createOrgRobotFederation,
  createUserRobotFederation,
  deleteOrgRobotFederation,
  deleteUserRobotFederation,
  getOrgRobotFederation,
  getUserRobotFederation,
} from '../../contract/robots.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { AccountRow } from './account-store.ts'
import type { RobotFederationService } from './robot-federation-service.ts'

export function robotFederationApi({
  federation,
}: {
  federation: RobotFederationService
}): readonly ApiRoute[] {
  return [
    route(getUserRobotFederation, ({ user, params }) => federation.get(nameOf(user, params))),

    route(createUserRobotFederation, ({ user, params, body, actor }) =>
      federation.set(nameOf(user, params), body, actor),
    ),

    route(deleteUserRobotFederation, async ({ user, params, actor }) => {
      await federation.delete(nameOf(user, params), actor)
      return undefined
    }),

    route(getOrgRobotFederation, ({ organization, params }) =>
      federation.get(nameOf(organization, params)),
    ),

    route(createOrgRobotFederation, ({ organization, params, body, actor }) =>
      federation.set(nameOf(organization, params), body, actor),
    ),

    route(deleteOrgRobotFederation, async ({ organization, params, actor }) => {
      await federation.delete(nameOf(organization, params), actor)
      return undefined
    }),
  ]
}

function nameOf(namespace: AccountRow, { robot_shortname }: { readonly robot_shortname: string }) {
  return `${namespace.username}+${robot_shortname}`
}
