import type { Db } from '../db/tables.ts'
import type { Instant } from '../platform/clock.ts'

/** Who may run a piece of background work, and until when. */
export interface LeaseTable {
  name: string
  holder: string
  expires_at: Instant
}

/** Queries of `lease`. Each is one statement, so of several who ask at once one gets it. */
export function leaseStore(db: Db) {
  return {
    /** Takes a lease that is free or has run out, or renews one's own. */
    async take({ name, holder, expires_at }: LeaseTable, now: Instant): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('lease')
        .values({ name, holder, expires_at })
        .onConflict((conflict) =>
          conflict
            .column('name')
            .doUpdateSet({ holder, expires_at })
            .where((e) => e.or([e('lease.holder', '=', holder), e('lease.expires_at', '<=', now)])),
        )
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },

    /** Who took it last and has not released it, even when it has run out. */
    findHolder: async (name: string): Promise<string | undefined> => {
      const row = await db
        .selectFrom('lease')
        .select('holder')
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.holder
    },

    /** Whether a lease whose name begins so is taken. */
    isAnyTaken: async (prefix: string, now: Instant): Promise<boolean> =>
      (await db
        .selectFrom('lease')
        .select('name')
        .where('name', '>=', prefix)
        .where('name', '<', after(prefix))
        .where('expires_at', '>', now)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** How many leases whose names begin so are taken. */
    async countTaken(prefix: string, now: Instant): Promise<number> {
      const { count } = await db
        .selectFrom('lease')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('name', '>=', prefix)
        .where('name', '<', after(prefix))
        .where('expires_at', '>', now)
        .executeTakeFirstOrThrow()
      return count
    },

    /** What holders left who are gone. */
    dropExpired: (prefix: string, before: Instant) =>
      db
        .deleteFrom('lease')
        .where('name', '>=', prefix)
        .where('name', '<', after(prefix))
        .where('expires_at', '<', before)
        .execute(),

    release: (name: string, holder: string) =>
      db.deleteFrom('lease').where('name', '=', name).where('holder', '=', holder).execute(),
  }
}

/** The first name that does not begin with the prefix. */
function after(prefix: string): string {
  const last = prefix.length - 1
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}
