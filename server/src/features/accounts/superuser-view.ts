import type { AccountRow } from './account-store.ts'
import type { Avatars } from './avatar.ts'
import type { UserPrincipal } from './principal.ts'

/** A person as superusers see one (api-shapes, 4.1). */
export function superuserView(
  account: AccountRow,
  { isSuperUser, isGlobalReadonly }: Pick<UserPrincipal, 'isSuperUser' | 'isGlobalReadonly'>,
  avatars: Avatars,
) {
  return {
    kind: 'user' as const,
    name: account.username,
    username: account.username,
    email: account.email,
    verified: account.verified === 1,
    avatar: avatars.of(account),
    super_user: isSuperUser,
    global_readonly_super_user: isGlobalReadonly,
    enabled: account.enabled === 1,
  }
}
