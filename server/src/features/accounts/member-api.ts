import {
  getOrganizationMember,
  getOrganizationMembers,
  removeOrganizationMember,
} from '../../contract/members.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { Avatars } from './avatar.ts'
import type { Member, MemberService } from './member-service.ts'

export function memberApi({
  members,
  avatars,
}: {
  members: MemberService
  avatars: Avatars
}): readonly ApiRoute[] {
  const view = (member: Member) => ({
    name: member.username,
    kind: member.robot === 1 ? ('robot' as const) : ('user' as const),
    avatar: avatars.of(member),
    teams: member.teams.map((name) => ({ name, avatar: avatars.ofTeam(name) })),
    repositories: [...member.repositories],
  })

  return [
    route(getOrganizationMembers, async ({ organization }) => ({
      members: (await members.list(organization)).map(view),
    })),

    route(getOrganizationMember, async ({ organization, params }) =>
      view(await members.get(organization, params.membername)),
    ),

    route(removeOrganizationMember, async ({ organization, params, actor }) => {
      await members.remove(organization, params.membername, actor)
      return undefined
    }),
  ]
}
