import type { Generated, Insertable, Selectable, Updateable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export type ApprovalType = 'SUPERUSER' | 'KEY_ROTATION' | 'AUTOMATIC'

/** Public keys of services; `approved_at` is null until somebody trusts one. */
export interface ServiceKeyTable {
  id: Generated<number>
  kid: string
  name: Generated<string>
  service: string
  jwk_json: string
  metadata_json: Generated<string>
  created_at: Instant
  expires_at: Instant | null
  rotation_duration_s: number | null
  approver_id: number | null
  approval_type: ApprovalType | null
  approved_at: Instant | null
  approval_notes: Generated<string>
}

export type ServiceKeyRow = Selectable<ServiceKeyTable>

const listedAtMost = 1_000

export function serviceKeyStore(db: Db) {
  const keys = () => db.selectFrom('servicekey').selectAll()

  return {
    list: (): Promise<ServiceKeyRow[]> => keys().orderBy('id').limit(listedAtMost).execute(),

    /** Those that may be used. */
    listOfService: (service: string, now: Instant): Promise<ServiceKeyRow[]> =>
      keys()
        .where('service', '=', service)
        .where('approved_at', 'is not', null)
        .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', now)]))
        .orderBy('id')
        .limit(listedAtMost)
        .execute(),

    find: (kid: string): Promise<ServiceKeyRow | undefined> =>
      keys().where('kid', '=', kid).executeTakeFirst(),

    async countUnapproved(): Promise<number> {
      const { count } = await db
        .selectFrom('servicekey')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('approved_at', 'is', null)
        .executeTakeFirstOrThrow()
      return count
    },

    /** False when the key id has been taken. */
    async insert(key: Insertable<ServiceKeyTable>): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('servicekey')
        .values(key)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n
    },

    update: (
      id: number,
      changes: Updateable<ServiceKeyTable>,
    ): Promise<ServiceKeyRow | undefined> =>
      db
        .updateTable('servicekey')
        .set(changes)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),

    delete: (id: number) => db.deleteFrom('servicekey').where('id', '=', id).execute(),

    /** Nobody approved them in time, or they expired long ago. */
    listOver: (unapprovedSince: Instant, expiredSince: Instant, limit: number) =>
      keys()
        .where((e) =>
          e.or([
            e.and([e('approved_at', 'is', null), e('created_at', '<', unapprovedSince)]),
            e('expires_at', '<', expiredSince),
          ]),
        )
        .orderBy('id')
        .limit(limit)
        .execute(),
  }
}
