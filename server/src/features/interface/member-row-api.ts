import {
  listCollaboratorRows,
  listMemberRows,
  listOrganizationRobotRows,
  listPrototypeRows,
  listTeamRows,
  listUserRobotRows,
} from '../../contract/interface-members.ts'
import type { AccessService } from '../access/access-service.ts'
import type { Avatars } from '../accounts/avatar.ts'
import type { TeamOverview } from '../accounts/team-overview-store.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { PrototypeAccount, PrototypeRow } from '../prototypes/prototype-store.ts'
import type { MemberRow, MemberRows, RobotRow } from './member-row-service.ts'

/** Teams, people, robots and default permissions as pages list them. */
export function memberRowApi({
  rows,
  access,
  avatars,
}: {
  rows: MemberRows
  access: AccessService
  avatars: Avatars
}): readonly ApiRoute[] {
  const presentTeam = (team: TeamOverview, seesAll: boolean) => ({
    name: team.name,
    description: team.description,
    avatar: avatars.ofTeam(team.name),
    role: team.role,
    members: team.members,
    repositories: team.repositories,
    is_synced: team.isSynced,
    can_view: seesAll || team.isMine,
  })

  const presentPerson = (row: MemberRow) => ({
    name: row.username,
    kind: row.robot === 1 ? ('robot' as const) : ('user' as const),
    avatar: avatars.of(row),
    repositories: row.repositoryCount,
    repository_names: [...row.repositoryNames],
  })

  const presentRobot = (robot: RobotRow) => ({
    name: robot.username,
    description: robot.description,
    avatar: avatars.avatar('robot', robot.username),
    created: wireDate(robot.created_at),
    last_accessed: wireDateOrNull(robot.last_accessed),
    is_enabled: robot.enabled === 1,
    teams: robot.teams,
    repositories: robot.repositories,
  })

  const presentAccount = ({ username, email, isRobot, isMember }: PrototypeAccount) => ({
    name: username,
    is_robot: isRobot,
    kind: 'user' as const,
    is_org_member: isRobot || isMember,
    avatar: avatars.avatar(isRobot ? 'robot' : 'user', username, email),
  })

  const presentPrototype = ({ uuid, role, activating, delegate }: PrototypeRow) => ({
    id: uuid,
    role,
    activating_user: activating && presentAccount(activating),
    delegate:
      'team' in delegate
        ? { name: delegate.team, kind: 'team' as const, avatar: avatars.ofTeam(delegate.team) }
        : presentAccount(delegate),
  })

  return [
    route(listTeamRows, async ({ caller, organization, query }) => {
      const { principal } = caller
      const viewerId = principal.kind === 'anonymous' ? null : principal.id
      const seesAll =
        (await access.isNamespaceAdmin(principal, organization)) || access.isGlobalReader(principal)
      const page = await rows.teams(organization, viewerId, query)
      return { items: page.rows.map((team) => presentTeam(team, seesAll)), ...page.about }
    }),

    route(listMemberRows, async ({ organization, query }) => {
      const page = await rows.members(organization, query)
      return {
        items: page.rows.map((row) => ({
          ...presentPerson(row),
          teams: row.teams.map((name) => ({ name, avatar: avatars.ofTeam(name) })),
        })),
        ...page.about,
      }
    }),

    route(listCollaboratorRows, async ({ organization, query }) => {
      const page = await rows.collaborators(organization, query)
      return { items: page.rows.map(presentPerson), ...page.about }
    }),

    route(listOrganizationRobotRows, async ({ organization, query }) => {
      const page = await rows.robots(organization, query)
      return { items: page.rows.map(presentRobot), ...page.about }
    }),

    route(listUserRobotRows, async ({ user, query }) => {
      const page = await rows.robots(user, query)
      return { items: page.rows.map(presentRobot), ...page.about }
    }),

    route(listPrototypeRows, async ({ organization, query }) => {
      const page = await rows.prototypes(organization, query)
      return { items: page.rows.map(presentPrototype), ...page.about }
    }),
  ]
}
