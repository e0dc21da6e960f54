import type { Generated, Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { syncStatus, type SyncStatus } from '../mirrors/mirror-status.ts'
import { ofLiveOrganization, type Claim } from './org-mirror-store.ts'

/** Beside those of a mirror: found, but left out. */
export const skipped = 4

export type EntryStatus = SyncStatus | typeof skipped

/** A repository that was found in the source, and how far mirroring it is. */
export interface OrgMirrorRepositoryTable {
  id: Generated<number>
  mirror_id: number
  name: string
  /** Null until it exists here. */
  repository_id: number | null
  status: EntryStatus
  retries: number
  start_at: Instant | null
  expires_at: Instant | null
  transaction_id: string
  message: string | null
  discovered_at: Instant
  last_sync_at: Instant | null
}

export type EntryRow = Selectable<OrgMirrorRepositoryTable>

export interface EntryEnding {
  readonly status: EntryStatus
  readonly retries: number
  readonly startAt: Instant | null
  readonly message: string | null
  readonly lastSyncAt: Instant
}

const { syncing, requested, cancelled, failed, neverRun, success } = syncStatus

/** Queries of `orgmirrorrepository`. */
export function orgMirrorRepositoryStore(db: Db) {
  const ofMirror = (mirrorId: number) =>
    db.selectFrom('orgmirrorrepository').where('mirror_id', '=', mirrorId)

  const changeAll = (mirrorId: number) =>
    db.updateTable('orgmirrorrepository').where('mirror_id', '=', mirrorId)

  const claimed = ({ id, transactionId }: Claim) =>
    db
      .updateTable('orgmirrorrepository')
      .where('id', '=', id)
      .where('transaction_id', '=', transactionId)
      .where('status', '=', syncing)

  const eligible = (now: Instant) =>
    db
      .selectFrom('orgmirrorrepository')
      .innerJoin('orgmirrorconfig', 'orgmirrorconfig.id', 'orgmirrorrepository.mirror_id')
      .where(ofLiveOrganization)
      .where((e) =>
        e.or([
          e('orgmirrorrepository.status', '=', requested),
          e.and([
            e('orgmirrorrepository.status', 'in', [failed, success]),
            e('orgmirrorrepository.start_at', '<=', now),
            e('orgmirrorrepository.retries', '>', 0),
            e('orgmirrorconfig.is_enabled', '=', 1),
          ]),
          e.and([
            e('orgmirrorrepository.status', '=', syncing),
            e('orgmirrorrepository.expires_at', '<=', now),
          ]),
        ]),
      )

  return {
    /** By name; `after` is the name before the first. */
    listAfter: (mirrorId: number, after: string, limit: number): Promise<EntryRow[]> =>
      ofMirror(mirrorId)
        .selectAll()
        .where('name', '>', after)
        .orderBy('name')
        .limit(limit)
        .execute(),

    page: (
      mirrorId: number,
      { status, offset, limit }: { status?: EntryStatus; offset: number; limit: number },
    ) => {
      const query = db
        .selectFrom('orgmirrorrepository')
        .leftJoin('repository', (join) =>
          join
            .onRef('repository.id', '=', 'orgmirrorrepository.repository_id')
            .on('repository.state', '!=', 'MARKED_FOR_DELETION'),
        )
        .selectAll('orgmirrorrepository')
        .select('repository.full_name')
        .where('orgmirrorrepository.mirror_id', '=', mirrorId)
      return (status === undefined ? query : query.where('orgmirrorrepository.status', '=', status))
        .orderBy('orgmirrorrepository.name')
        .offset(offset)
        .limit(limit)
        .execute()
    },

    countByStatus: async (mirrorId: number): Promise<ReadonlyMap<EntryStatus, number>> => {
      const rows = await ofMirror(mirrorId)
        .select(['status', (e) => e.fn.countAll<number>().as('count')])
        .groupBy('status')
        .execute()
      return new Map(rows.map(({ status, count }) => [status, count]))
    },

    insert: (entry: {
      mirrorId: number
      name: string
      retries: number
      transactionId: string
      now: Instant
    }) =>
      db
        .insertInto('orgmirrorrepository')
        .values({
          mirror_id: entry.mirrorId,
          name: entry.name,
          status: neverRun,
          retries: entry.retries,
          transaction_id: entry.transactionId,
          discovered_at: entry.now,
        })
        .onConflict((conflict) => conflict.columns(['mirror_id', 'name']).doNothing())
        .execute(),

    /** Left out before, and wanted again. */
    revive: (id: number, { retries, transactionId }: { retries: number; transactionId: string }) =>
      db
        .updateTable('orgmirrorrepository')
        .set({
          ...{ status: neverRun, retries, start_at: null, expires_at: null, message: null },
          transaction_id: transactionId,
        })
        .where('id', '=', id)
        .where('status', '=', skipped)
        .execute(),

    /** Whoever mirrors it now finds out after the tag. */
    skip: (id: number, message: string, transactionId: string) =>
      db
        .updateTable('orgmirrorrepository')
        .set({
          ...{ status: skipped, message, start_at: null, expires_at: null },
          transaction_id: transactionId,
        })
        .where('id', '=', id)
        .execute(),

    /** After somebody asked for it. */
    requestAll: (mirrorId: number, transactionId: string) =>
      changeAll(mirrorId)
        .set((e) => ({
          ...{ status: requested, expires_at: null, transaction_id: transactionId },
          retries: e.case().when('retries', '<', 1).then(1).else(e.ref('retries')).end(),
        }))
        .where('status', 'in', [cancelled, failed, neverRun, success])
        .execute(),

    /** After a look that was due: those that wait for their first time, or were cancelled. */
    requestWaiting: (mirrorId: number, transactionId: string) =>
      changeAll(mirrorId)
        .set((e) => ({
          ...{ status: requested, expires_at: null, transaction_id: transactionId },
          retries: e.case().when('retries', '<', 1).then(1).else(e.ref('retries')).end(),
        }))
        .where('status', 'in', [neverRun, cancelled])
        .where('start_at', 'is', null)
        .execute(),

    /** @returns how many. Those that run stop after the tag that they are at. */
    async cancelAll(mirrorId: number, transactionId: string): Promise<number> {
      const { numUpdatedRows } = await changeAll(mirrorId)
        .set({
          ...{ status: cancelled, start_at: null, expires_at: null },
          transaction_id: transactionId,
        })
        .where('status', '!=', skipped)
        .executeTakeFirst()
      return Number(numUpdatedRows)
    },

    isAnyActive: async (mirrorId: number): Promise<boolean> =>
      (await ofMirror(mirrorId)
        .select('id')
        .where('status', 'in', [syncing, requested])
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** The one that has waited longest, of all organizations. */
    nextEligible: (now: Instant): Promise<EntryRow | undefined> =>
      eligible(now)
        .selectAll('orgmirrorrepository')
        .orderBy('orgmirrorrepository.start_at')
        .orderBy('orgmirrorrepository.id')
        .limit(1)
        .executeTakeFirst(),

    countEligible: async (now: Instant, most: number): Promise<number> => {
      const { count } = await db
        .selectFrom(eligible(now).select('orgmirrorrepository.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    /** Undefined when somebody else was first. */
    claim: (
      { id, transactionId }: Claim,
      { next, now, expiresAt }: { next: string; now: Instant; expiresAt: Instant },
    ): Promise<EntryRow | undefined> =>
      db
        .updateTable('orgmirrorrepository')
        .set({ status: syncing, expires_at: expiresAt, transaction_id: next })
        .where('id', '=', id)
        .where('transaction_id', '=', transactionId)
        .where('status', 'not in', [cancelled, skipped])
        .where((e) => e.or([e('status', '!=', syncing), e('expires_at', '<=', now)]))
        .returningAll()
        .executeTakeFirst(),

    /** Says that the run goes on. @returns whether it is still one's own. */
    async renew(claim: Claim, expiresAt: Instant): Promise<boolean> {
      const { numUpdatedRows } = await claimed(claim)
        .set({ expires_at: expiresAt })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Somebody else has it, or called it off: false. */
    async isOwn({ id, transactionId }: Claim): Promise<boolean> {
      const row = await db
        .selectFrom('orgmirrorrepository')
        .innerJoin('orgmirrorconfig', 'orgmirrorconfig.id', 'orgmirrorrepository.mirror_id')
        .select('orgmirrorrepository.id')
        .where('orgmirrorrepository.id', '=', id)
        .where('orgmirrorrepository.transaction_id', '=', transactionId)
        .where('orgmirrorrepository.status', '=', syncing)
        .where('orgmirrorconfig.status', '!=', cancelled)
        .where(ofLiveOrganization)
        .executeTakeFirst()
      return row !== undefined
    },

    noteRepository: (id: number, repositoryId: number) =>
      db
        .updateTable('orgmirrorrepository')
        .set({ repository_id: repositoryId })
        .where('id', '=', id)
        .execute(),

    /** @returns whether it was still one's own. */
    async release(claim: Claim, ending: EntryEnding, next: string): Promise<boolean> {
      const { numUpdatedRows } = await claimed(claim)
        .set({
          status: ending.status,
          retries: ending.retries,
          start_at: ending.startAt,
          message: ending.message,
          last_sync_at: ending.lastSyncAt,
          expires_at: null,
          transaction_id: next,
        })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** When it was cancelled meanwhile. */
    noteLastSync: (id: number, lastSyncAt: Instant) =>
      db
        .updateTable('orgmirrorrepository')
        .set({ last_sync_at: lastSyncAt })
        .where('id', '=', id)
        .execute(),

    /** The repositories of the mirror, which exist here. */
    listRepositoryIds: async (mirrorId: number): Promise<readonly number[]> => {
      const rows = await ofMirror(mirrorId)
        .select('repository_id')
        .where('repository_id', 'is not', null)
        .execute()
      return rows.map(({ repository_id }) => repository_id).filter((id) => id !== null)
    },
  }
}
