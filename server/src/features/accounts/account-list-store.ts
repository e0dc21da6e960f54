import type { Db } from '../../db/tables.ts'
import type { AccountRow } from './account-store.ts'

export interface AccountsPage {
  /** By id, from after this one on. */
  readonly after: number
  readonly limit: number
}

/** Lists of accounts. Those whose namespace was deleted and is still being purged are not there. */
export function accountListStore(db: Db) {
  const accounts = (organization: 0 | 1) =>
    db
      .selectFrom('user')
      .selectAll('user')
      .where('user.organization', '=', organization)
      .where('user.robot', '=', 0)
      .where((e) =>
        e.not(
          e.exists(
            e
              .selectFrom('deletednamespace')
              .select('deletednamespace.namespace_user_id')
              .whereRef('deletednamespace.namespace_user_id', '=', 'user.id'),
          ),
        ),
      )
  const page = (organization: 0 | 1, { after, limit }: AccountsPage) =>
    accounts(organization).where('user.id', '>', after).orderBy('user.id').limit(limit)

  return {
    people: (
      range: AccountsPage,
      { withDisabled }: { readonly withDisabled: boolean },
    ): Promise<AccountRow[]> =>
      page(0, range)
        .$if(!withDisabled, (query) => query.where('user.enabled', '=', 1))
        .execute(),

    organizations: (range: AccountsPage): Promise<AccountRow[]> => page(1, range).execute(),

    /** Those in whose teams a person is, by name. */
    organizationsOf: (userId: number, limit: number): Promise<AccountRow[]> =>
      accounts(1)
        .where('user.id', 'in', (e) =>
          e
            .selectFrom('teammember')
            .innerJoin('team', 'team.id', 'teammember.team_id')
            .select('team.organization_id')
            .where('teammember.user_id', '=', userId),
        )
        .orderBy('user.username')
        .limit(limit)
        .execute(),

    organizationsByAddress: (address: string, limit: number): Promise<AccountRow[]> =>
      accounts(1)
        .where('user.contact_email', '=', address)
        .orderBy('user.id')
        .limit(limit)
        .execute(),

    /** People who administer an organization. */
    adminsOf: (organizationId: number, limit: number): Promise<AccountRow[]> =>
      accounts(0)
        .where('user.id', 'in', (e) =>
          e
            .selectFrom('team')
            .innerJoin('teammember', 'teammember.team_id', 'team.id')
            .select('teammember.user_id')
            .where('team.organization_id', '=', organizationId)
            .where('team.role', '=', 'admin'),
        )
        .orderBy('user.username')
        .limit(limit)
        .execute(),
  }
}
