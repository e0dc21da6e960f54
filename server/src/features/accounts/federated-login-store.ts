import type { Generated, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'

export interface FederatedLoginTable {
  id: Generated<number>
  user_id: number
  service: string
  service_ident: string
  metadata_json: Generated<string>
}

export type FederatedLoginRow = Selectable<FederatedLoginTable>

const listedAtMost = 100

export function federatedLoginStore(db: Db) {
  return {
    list: (userId: number): Promise<FederatedLoginRow[]> =>
      db
        .selectFrom('federatedlogin')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('id')
        .limit(listedAtMost)
        .execute(),

    detach: (userId: number, service: string) =>
      db
        .deleteFrom('federatedlogin')
        .where('service', '=', service)
        .where('user_id', '=', userId)
        .execute(),
  }
}
