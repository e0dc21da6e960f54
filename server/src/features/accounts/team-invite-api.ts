import {
  acceptOrganizationTeamInvite,
  declineOrganizationTeamInvite,
  deleteOrganizationTeamMember,
  deleteTeamMemberEmailInvite,
  inviteTeamMemberEmail,
  updateOrganizationTeamMember,
} from '../../contract/teams.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { Avatars } from './avatar.ts'
import type { TeamInviteService } from './team-invite-service.ts'
import { viewInvitedAddress, viewMember } from './team-view.ts'

/** Who comes into a team and who leaves it. */
export function teamInviteApi({
  invites,
  avatars,
}: {
  invites: TeamInviteService
  avatars: Avatars
}): readonly ApiRoute[] {
  return [
    route(updateOrganizationTeamMember, async ({ organization, params, actor }) => {
      const { teamname, membername } = params
      const done = await invites.addOrInvite(organization, teamname, membername, actor)
      return viewMember(avatars, done.account, done.invited)
    }),

    route(deleteOrganizationTeamMember, async ({ organization, params, actor }) => {
      await invites.removeOrWithdraw(organization, params.teamname, params.membername, actor)
      return undefined
    }),

    route(inviteTeamMemberEmail, async ({ organization, params, actor }) => {
      await invites.inviteAddress(organization, params.teamname, params.email, actor)
      return viewInvitedAddress(avatars, params.email)
    }),

    route(deleteTeamMemberEmailInvite, async ({ organization, params, actor }) => {
      await invites.withdrawAddress(organization, params.teamname, params.email, actor)
      return undefined
    }),

    route(acceptOrganizationTeamInvite, async ({ params, user, actor }) => {
      const invitation = await invites.accept(params.code, user, actor)
      return { org: invitation.organization_name, team: invitation.team_name }
    }),

    route(declineOrganizationTeamInvite, async ({ params, user, actor }) => {
      await invites.decline(params.code, user, actor)
      return undefined
    }),
  ]
}
