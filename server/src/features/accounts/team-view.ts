import type { Avatars } from './avatar.ts'
import type { AccountFace } from './member-store.ts'
import type { InviteRow } from './team-invite-store.ts'
import type { HeldPermission } from './team-overview-store.ts'

export function viewMember(avatars: Avatars, account: Omit<AccountFace, 'id'>, invited: boolean) {
  return {
    name: account.username,
    kind: 'user' as const,
    is_robot: account.robot === 1,
    avatar: avatars.of(account),
    invited,
  }
}

export function viewInvitedAddress(avatars: Avatars, email: string) {
  return {
    email,
    kind: 'invite' as const,
    avatar: avatars.avatar('user', email, email),
    invited: true as const,
  }
}

/** Somebody with an account, or an address. */
export function viewInvite(avatars: Avatars, invite: InviteRow) {
  const { email, invited_name, invited_email } = invite
  if (email !== null) return viewInvitedAddress(avatars, email)
  const account = { username: invited_name ?? '', email: invited_email, organization: 0, robot: 0 }
  return viewMember(avatars, account, true)
}

export function viewHeldPermission({ repository, visibility, role }: HeldPermission) {
  return { repository: { name: repository, is_public: visibility === 'public' }, role }
}
