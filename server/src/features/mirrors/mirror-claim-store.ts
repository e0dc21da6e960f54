import { sql } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'
import { syncStatus, type Released } from './mirror-status.ts'
import type { MirrorRow } from './mirror-store.ts'

/** A mirror as whoever runs it knows it. */
export interface Claim {
  readonly id: number
  readonly transactionId: string
}

export type Kind = 'requested' | 'due' | 'lost'

/**
 * How mirrors are handed out (engines, 7.2). Each transition is one conditional update, so of several
 * who try at once one succeeds, on whatever machine they are.
 */
export function mirrorClaimStore(db: Db) {
  const { syncing, requested, cancelled, failed, neverRun, success } = syncStatus

  const alive = () =>
    db
      .selectFrom('repomirrorconfig')
      .innerJoin('repository', 'repository.id', 'repomirrorconfig.repository_id')
      .where('repository.state', '=', 'MIRROR')
      .where(ofLiveNamespace)

  const eligible = (kind: Kind, now: Instant) => {
    switch (kind) {
      case 'requested':
        return alive()
          .where('repomirrorconfig.status', '=', requested)
          .where('repomirrorconfig.expires_at', 'is', null)
      case 'due':
        return alive()
          .where('repomirrorconfig.start_at', '<=', now)
          .where('repomirrorconfig.is_enabled', '=', 1)
          .where('repomirrorconfig.retries', '>', 0)
          .where('repomirrorconfig.status', 'in', [failed, neverRun, success])
          .where('repomirrorconfig.expires_at', 'is', null)
      case 'lost':
        return alive()
          .where('repomirrorconfig.status', '=', syncing)
          .where('repomirrorconfig.expires_at', '<=', now)
    }
  }

  const claimed = ({ id, transactionId }: Claim) =>
    db
      .updateTable('repomirrorconfig')
      .where('id', '=', id)
      .where('transaction_id', '=', transactionId)
      .where('status', '=', syncing)

  return {
    /** Those that have waited longest first. */
    listEligible: (kind: Kind, now: Instant, limit: number): Promise<MirrorRow[]> =>
      eligible(kind, now)
        .selectAll('repomirrorconfig')
        .orderBy('repomirrorconfig.start_at')
        .orderBy('repomirrorconfig.id')
        .limit(limit)
        .execute(),

    async countEligible(kind: Kind, now: Instant, most: number): Promise<number> {
      const { count } = await db
        .selectFrom(eligible(kind, now).select('repomirrorconfig.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    /** @returns the mirror as it is from now on; undefined when somebody else was first. */
    claim: (
      { id, transactionId }: Claim,
      { next, now, expiresAt }: { next: string; now: Instant; expiresAt: Instant },
    ): Promise<MirrorRow | undefined> =>
      db
        .updateTable('repomirrorconfig')
        .set((e) => ({
          status: syncing,
          expires_at: expiresAt,
          transaction_id: next,
          takeovers: e
            .case()
            .when('status', '=', syncing)
            .then(sql<number>`${e.ref('takeovers')} + 1`)
            .else(0)
            .end(),
        }))
        .where('id', '=', id)
        .where('transaction_id', '=', transactionId)
        .where('status', '!=', cancelled)
        .where((e) => e.or([e('status', '!=', syncing), e('expires_at', '<=', now)]))
        .returningAll()
        .executeTakeFirst(),

    /** Nobody runs it before then. */
    postpone: ({ id, transactionId }: Claim, startAt: Instant) =>
      db
        .updateTable('repomirrorconfig')
        .set({ start_at: startAt })
        .where('id', '=', id)
        .where('transaction_id', '=', transactionId)
        .execute(),

    /** Says that the run goes on. @returns whether it is still one's own. */
    async renew(claim: Claim, expiresAt: Instant): Promise<boolean> {
      const { numUpdatedRows } = await claimed(claim)
        .set({ expires_at: expiresAt })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Whoever takes it over does so by agreement, which is none of the takeovers that count. */
    handBack: (claim: Claim, now: Instant) =>
      claimed(claim)
        .set((e) => ({ expires_at: now, takeovers: sql<number>`${e.ref('takeovers')} - 1` }))
        .execute(),

    /** The run is not one's own any more, or its repository is no mirror any more: false. */
    async isOwn({ id, transactionId }: Claim): Promise<boolean> {
      const row = await db
        .selectFrom('repomirrorconfig')
        .innerJoin('repository', 'repository.id', 'repomirrorconfig.repository_id')
        .select('repomirrorconfig.id')
        .where('repomirrorconfig.id', '=', id)
        .where('repomirrorconfig.transaction_id', '=', transactionId)
        .where('repomirrorconfig.status', '=', syncing)
        .where('repository.state', '=', 'MIRROR')
        .where(ofLiveNamespace)
        .executeTakeFirst()
      return row !== undefined
    },

    isCancelled: async (id: number): Promise<boolean> =>
      (await db
        .selectFrom('repomirrorconfig')
        .select('id')
        .where('id', '=', id)
        .where('status', '=', cancelled)
        .executeTakeFirst()) !== undefined,

    /** Whatever was under way is free to be taken over: for who knows that nobody else works here. */
    expireAll: (now: Instant) =>
      db
        .updateTable('repomirrorconfig')
        .set({ expires_at: now })
        .where('status', '=', syncing)
        .where('expires_at', '>', now)
        .execute(),

    noteRun: (claim: Claim, runId: number) => claimed(claim).set({ last_run_id: runId }).execute(),

    /** A tag came over: the run gets somewhere, whoever took it over. */
    noteProgress: (claim: Claim) => claimed(claim).set({ takeovers: 0 }).execute(),

    /** @returns whether it was still one's own. */
    async release(
      claim: Claim,
      { status, retries, startAt }: Released,
      {
        next,
        successAt,
        referrersCheckedAt,
      }: { next: string; successAt?: Instant; referrersCheckedAt?: Instant },
    ): Promise<boolean> {
      const { numUpdatedRows } = await claimed(claim)
        .set({
          ...{ status, retries, start_at: startAt, expires_at: null, transaction_id: next },
          takeovers: 0,
          ...(successAt !== undefined && { last_success_at: successAt }),
          ...(referrersCheckedAt !== undefined && { referrers_checked_at: referrersCheckedAt }),
        })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Unless it runs. @returns whether it was asked for now. */
    async request(id: number, next: string): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('repomirrorconfig')
        .set((e) => ({
          status: requested,
          expires_at: null,
          transaction_id: next,
          retries: e.case().when('retries', '<', 1).then(1).else(e.ref('retries')).end(),
        }))
        .where('id', '=', id)
        .where('status', '!=', syncing)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Whoever runs it finds that out. @returns whether there was anything to end. */
    async cancel(id: number, next: string): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('repomirrorconfig')
        .set({
          ...{ status: cancelled, expires_at: null, start_at: null, retries: 0 },
          transaction_id: next,
        })
        .where('id', '=', id)
        .where('status', 'in', [syncing, requested])
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}
