import {
  createOrgRobot,
  createUserRobot,
  deleteOrgRobot,
  deleteUserRobot,
  getOrgRobot,
  getOrgRobotPermissions,
  getOrgRobots,
  getUserRobot,
  getUserRobotPermissions,
  getUserRobots,
  regenerateOrgRobotToken,
  regenerateUserRobotToken,
} from '../../contract/robots.ts'
import type { AccessService } from '../access/access-service.ts'
import { route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { AccountRow } from './account-store.ts'
import type { Avatars } from './avatar.ts'
import type { MemberService } from './member-service.ts'
import { hasScope } from './principal.ts'
import type { ListedRobot, NewRobot, Robot, RobotService, RobotWithToken } from './robot-service.ts'
import { viewHeldPermission } from './team-view.ts'

interface ListQuery {
  readonly permissions?: boolean | undefined
  readonly token?: boolean | undefined
  readonly limit?: number | undefined
}

interface NewRobotBody {
  readonly description?: string | undefined
  readonly unstructured_metadata?: Record<string, unknown> | undefined
}

export function robotApi({
  robots,
  members,
  access,
  avatars,
}: {
  robots: RobotService
  members: MemberService
  access: AccessService
  avatars: Avatars
}): readonly ApiRoute[] {
  async function list(namespace: AccountRow, { permissions, token = true, limit }: ListQuery) {
    const listed = await robots.list(namespace.id, { limit })
    const held = permissions ? await describeHeld(namespace, listed) : undefined
    return {
      robots: listed.map((robot) => ({
        ...viewBasics(robot),
        ...(token && { token: robot.token }),
        ...held?.get(robot.id),
      })),
    }
  }

  /** The teams and repositories of robots, by id. */
  async function describeHeld(namespace: AccountRow, listed: readonly ListedRobot[]) {
    const faces = listed.map(({ id, username }) => ({
      ...{ id, username, email: null, organization: 0, robot: 1 },
    }))
    const described = await members.describe(namespace, faces)
    return new Map(
      described.map(({ id, teams, repositories }) => [
        id,
        {
          teams: teams.map((name) => ({ name, avatar: avatars.ofTeam(name) })),
          repositories: [...repositories],
        },
      ]),
    )
  }

  /** Only an owner sees tokens: not those who may merely read everything. */
  const seesTokens = ({ principal }: ApiCaller, teamRole: string) =>
    teamRole === 'admin' || access.hasFullAccess(principal)

  return [
    route(getUserRobots, ({ user, query }) => list(user, query)),

    route(getUserRobot, async ({ user, params }) => view(await robots.get(nameOf(user, params)))),

    route(createUserRobot, async ({ user, params, body, actor }) =>
      view(await robots.create(user, newRobot(params, body), actor)),
    ),

    route(deleteUserRobot, async ({ user, params, actor }) => {
      await robots.delete(nameOf(user, params), actor)
      return undefined
    }),

    route(getUserRobotPermissions, async ({ user, params }) => ({
      permissions: (await robots.listPermissions(nameOf(user, params))).map(viewHeldPermission),
    })),

    route(regenerateUserRobotToken, async ({ user, params, actor }) =>
      viewRegenerated(await robots.regenerateToken(nameOf(user, params), actor)),
    ),

    route(getOrgRobots, ({ caller, organization, teamRole, query }) => {
      const token = query.token !== false && seesTokens(caller, teamRole)
      const mayAll = seesTokens(caller, teamRole) || access.isGlobalReader(caller.principal)
      return list(organization, { ...query, token, permissions: query.permissions && mayAll })
    }),

    route(getOrgRobot, async ({ caller, organization, teamRole, params }) => {
      const { token, ...robot } = view(await robots.get(nameOf(organization, params)))
      return seesTokens(caller, teamRole) ? { ...robot, token } : robot
    }),

    route(createOrgRobot, async ({ organization, params, body, actor }) =>
      view(await robots.create(organization, newRobot(params, body), actor)),
    ),

    route(deleteOrgRobot, async ({ organization, params, actor }) => {
      await robots.delete(nameOf(organization, params), actor)
      return undefined
    }),

    route(
      getOrgRobotPermissions,
      async ({ caller, organization, params }) => {
        if (caller.kind === 'anonymous' || !hasScope(caller.principal, 'user:admin')) {
          throw refusal(caller.principal)
        }
        const held = await robots.listPermissions(nameOf(organization, params))
        return { permissions: held.map(viewHeldPermission) }
      },
      { plain: ['access-denied'] },
    ),

    route(regenerateOrgRobotToken, async ({ organization, params, actor }) =>
      viewRegenerated(await robots.regenerateToken(nameOf(organization, params), actor)),
    ),
  ]
}

function nameOf(namespace: AccountRow, { robot_shortname }: { readonly robot_shortname: string }) {
  return `${namespace.username}+${robot_shortname}`
}

function newRobot(
  { robot_shortname: shortName }: { readonly robot_shortname: string },
  { description = '', unstructured_metadata: metadata = {} }: NewRobotBody = {},
): NewRobot {
  return { shortName, description, metadata }
}

function viewBasics(robot: Robot) {
  return {
    name: robot.username,
    created: wireDate(robot.createdAt),
    last_accessed: wireDateOrNull(robot.lastAccessed),
    description: robot.description,
  }
}

function view(robot: RobotWithToken) {
  return {
    ...viewBasics(robot),
    unstructured_metadata: robot.metadata,
    token: robot.token,
  }
}

function viewRegenerated(robot: RobotWithToken) {
  return { ...viewBasics(robot), token: robot.token }
}
