import {
  deleteOrganizationTeam,
  disableOrganizationTeamSync,
  enableOrganizationTeamSync,
  getOrganizationTeamMembers,
  getOrganizationTeamPermissions,
  updateOrganizationTeam,
} from '../../contract/teams.ts'
import type { FeatureConfig } from '../../config/config.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import { route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import { refusal } from '../api/authorize-service.ts'
import type { AccountRow } from './account-store.ts'
import type { Avatars } from './avatar.ts'
import type { OrganizationService } from './organization-service.ts'
import type { Principal } from './principal.ts'
import { viewHeldPermission, viewInvite, viewMember } from './team-view.ts'
import type { TeamInviteService } from './team-invite-service.ts'
import type { TeamService } from './team-service.ts'
import type { TeamRow } from './team-store.ts'

export function teamApi({
  organizations,
  teams,
  invites,
  access,
  avatars,
  features,
}: {
  organizations: OrganizationService
  teams: TeamService
  invites: TeamInviteService
  access: AccessService
  avatars: Avatars
  features: Pick<FeatureConfig, 'nonsuperuserTeamSyncingSetup'>
}): readonly ApiRoute[] {
  async function view(
    principal: Principal,
    organization: AccountRow,
    team: TeamRow,
    isNew: boolean,
  ) {
    const canView =
      (await access.isNamespaceAdmin(principal, organization)) ||
      access.isGlobalReader(principal) ||
      (principal.kind !== 'anonymous' && (await teams.isMember(team, principal.id)))
    return {
      name: team.name,
      description: team.description,
      can_view: canView,
      role: team.role,
      avatar: avatars.ofTeam(team.name),
      new_team: isNew,
    }
  }

  /** The team, for an admin of its organization who may decide where members come from. */
  async function requireSyncSetup(
    { principal }: ApiCaller,
    { orgname, teamname }: { readonly orgname: string; readonly teamname: string },
  ) {
    const organization = await organizations.find(orgname)
    const mayEverywhere = features.nonsuperuserTeamSyncingSetup || access.isSuperUser(principal)
    const mayHere = organization
      ? await access.isNamespaceAdmin(principal, organization)
      : access.hasFullAccess(principal)
    if (!mayEverywhere || !mayHere) throw refusal(principal)
    if (!organization) throw new Problem('not-found', { organization: orgname })
    return { organization, team: await teams.get(organization, teamname) }
  }

  return [
    route(updateOrganizationTeam, async ({ caller, organization, params, body, actor }) => {
      const wanted = { name: params.teamname, ...body }
      const { team, isNew } = await teams.createOrUpdate(organization, wanted, actor)
      return view(caller.principal, organization, team, isNew)
    }),

    route(deleteOrganizationTeam, async ({ organization, params, actor }) => {
      await teams.delete(organization, params.teamname, actor)
      return undefined
    }),

    route(enableOrganizationTeamSync, async ({ caller, params }) => {
      const { organization, team } = await requireSyncSetup(caller, params)
      return view(caller.principal, organization, await teams.enableSync(team), false)
    }),

    route(disableOrganizationTeamSync, async ({ caller, params, actor }) => {
      const { organization, team } = await requireSyncSetup(caller, params)
      await teams.disableSync(organization, team, actor)
      return view(caller.principal, organization, team, false)
    }),

    route(getOrganizationTeamMembers, async ({ caller, team, teamRole, query }) => {
      const canEdit = teamRole === 'admin' || access.hasFullAccess(caller.principal)
      const pending = canEdit && query.includePending ? await invites.listOfTeam(team) : []
      const members = (await teams.listMembers(team)).map((one) => viewMember(avatars, one, false))
      return {
        name: team.name,
        members: [...members, ...pending.map((one) => viewInvite(avatars, one))],
        can_edit: canEdit,
      }
    }),

    route(getOrganizationTeamPermissions, async ({ organization, params }) => {
      const team = await teams.get(organization, params.teamname)
      return { permissions: (await teams.listPermissions(team)).map(viewHeldPermission) }
    }),
  ]
}
