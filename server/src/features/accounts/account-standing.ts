import type { Config, FeatureConfig } from '../../config/config.ts'
import type { AccountRow } from './account-store.ts'
import type { UserPrincipal } from './principal.ts'

/** What the configuration says about people. */
export type StandingRules = Pick<
  Config,
  'superUsers' | 'globalReadonlySuperUsers' | 'restrictedUsersWhitelist'
> & { readonly features: Pick<FeatureConfig, 'superUsers' | 'restrictedUsers'> }

/** Who is a superuser, who may read everything, who is restricted (permissions, 5 and 6). */
export function accountStanding(rules: StandingRules) {
  const superUsers = new Set(rules.features.superUsers ? rules.superUsers : [])
  const readers = new Set(rules.globalReadonlySuperUsers)
  const unrestricted = new Set(rules.restrictedUsersWhitelist)

  const isGlobalReadonly = (username: string) => readers.has(username)
  /** On both lists, reading wins. */
  const isSuperUser = (username: string) => superUsers.has(username) && !readers.has(username)
  const isRestricted = (username: string) =>
    rules.features.restrictedUsers && !unrestricted.has(username) && !isSuperUser(username)

  return {
    isSuperUser,
    isGlobalReadonly,
    isRestricted,
    userPrincipal: ({ id, username }: Pick<AccountRow, 'id' | 'username'>): UserPrincipal => ({
      kind: 'user',
      id,
      username,
      isSuperUser: isSuperUser(username),
      isGlobalReadonly: isGlobalReadonly(username),
      isRestricted: isRestricted(username),
    }),
  }
}
