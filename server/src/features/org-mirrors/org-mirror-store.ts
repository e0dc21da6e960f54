import { sql, type Generated, type Insertable, type Selectable } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { ofLiveNamespace } from '../accounts/deleted-namespace-store.ts'
import { syncStatus, type Released, type SyncStatus } from '../mirrors/mirror-status.ts'
import type { Visibility } from '../repositories/repository-store.ts'

export type SourceType = 'harbor' | 'quay'

/** Which namespace of which registry an organization follows, and where looking for its repositories stands. */
export interface OrgMirrorTable {
  id: Generated<number>
  organization_id: number
  /** Null when the robot is gone. */
  robot_user_id: number | null
  registry_type: SourceType
  registry_url: string
  external_namespace: string
  username_encrypted: string | null
  password_encrypted: string | null
  upstream_json: string
  filters_json: string
  visibility: Visibility
  is_enabled: number
  interval_s: number
  timeout_s: number
  start_at: Instant | null
  status: SyncStatus
  retries: number
  /** Until when the worker that looks says that it is still there; set on CANCEL until that is done. */
  expires_at: Instant | null
  /** Changes with every change of the standing: who knows the present one may make the next. */
  transaction_id: string
  created_at: Instant
}

export type OrgMirrorRow = Selectable<OrgMirrorTable>
export type NewOrgMirror = Insertable<OrgMirrorTable>
export type OrgMirrorSettings = Partial<Omit<NewOrgMirror, 'organization_id' | 'created_at'>>

export interface Claim {
  readonly id: number
  readonly transactionId: string
}

const { syncing, requested, cancelled, failed, neverRun, success } = syncStatus

/** For queries of `orgmirrorconfig`: an organization that is being purged mirrors nothing any more. */
export const ofLiveOrganization = sql<boolean>`not exists (
  select 1 from deletednamespace as gone where gone.namespace_user_id = orgmirrorconfig.organization_id
)`

/** Queries of `orgmirrorconfig`. Each transition is one conditional update. */
export function orgMirrorStore(db: Db) {
  const ofOrganization = (organizationId: number) =>
    db.selectFrom('orgmirrorconfig').where('organization_id', '=', organizationId)

  const claimed = ({ id, transactionId }: Claim) =>
    db
      .updateTable('orgmirrorconfig')
      .where('id', '=', id)
      .where('transaction_id', '=', transactionId)
      .where('status', '=', syncing)

  const alive = () => db.selectFrom('orgmirrorconfig').where(ofLiveOrganization)

  const eligible = (now: Instant) =>
    alive().where((e) =>
      e.or([
        e('status', '=', requested),
        e.and([e('status', '=', cancelled), e('expires_at', 'is not', null)]),
        e.and([
          e('status', 'in', [failed, neverRun, success]),
          e('is_enabled', '=', 1),
          e('start_at', '<=', now),
          e('retries', '>', 0),
        ]),
        e.and([e('status', '=', syncing), e('expires_at', '<=', now)]),
      ]),
    )

  return {
    find: (organizationId: number): Promise<OrgMirrorRow | undefined> =>
      ofOrganization(organizationId).selectAll().executeTakeFirst(),

    findById: (id: number): Promise<OrgMirrorRow | undefined> =>
      db.selectFrom('orgmirrorconfig').selectAll().where('id', '=', id).executeTakeFirst(),

    isMirrored: async (organizationId: number): Promise<boolean> =>
      (await ofOrganization(organizationId).select('id').executeTakeFirst()) !== undefined,

    /** Whether it is the robot that an organization is mirrored by. */
    isRobotOf: async (organizationId: number, robotId: number): Promise<boolean> =>
      (await ofOrganization(organizationId).select('robot_user_id').executeTakeFirst())
        ?.robot_user_id === robotId,

    /** Whether a robot mirrors an organization. */
    isRobotInUse: async (robotId: number): Promise<boolean> =>
      (await db
        .selectFrom('orgmirrorconfig')
        .select('id')
        .where('robot_user_id', '=', robotId)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** Undefined when the organization has one. */
    insert: (mirror: NewOrgMirror): Promise<OrgMirrorRow | undefined> =>
      db
        .insertInto('orgmirrorconfig')
        .values(mirror)
        .onConflict((conflict) => conflict.column('organization_id').doNothing())
        .returningAll()
        .executeTakeFirst(),

    change: (id: number, settings: OrgMirrorSettings) =>
      db.updateTable('orgmirrorconfig').set(settings).where('id', '=', id).execute(),

    delete: (id: number) => db.deleteFrom('orgmirrorconfig').where('id', '=', id).execute(),

    /** The one that has waited longest: asked for, cancelled but not cleared up, due, or left by a crash. */
    nextEligible: (now: Instant): Promise<OrgMirrorRow | undefined> =>
      eligible(now)
        .selectAll('orgmirrorconfig')
        .orderBy('start_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst(),

    countEligible: async (now: Instant, most: number): Promise<number> => {
      const { count } = await db
        .selectFrom(eligible(now).select('orgmirrorconfig.id').limit(most).as('counted'))
        .select((e) => e.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    /** Undefined when somebody else was first. */
    claim: (
      { id, transactionId }: Claim,
      { next, now, expiresAt }: { next: string; now: Instant; expiresAt: Instant },
    ): Promise<OrgMirrorRow | undefined> =>
      db
        .updateTable('orgmirrorconfig')
        .set({ status: syncing, expires_at: expiresAt, transaction_id: next })
        .where('id', '=', id)
        .where('transaction_id', '=', transactionId)
        .where((e) => e.or([e('status', '!=', syncing), e('expires_at', '<=', now)]))
        .returningAll()
        .executeTakeFirst(),

    async renew(claim: Claim, expiresAt: Instant): Promise<boolean> {
      const { numUpdatedRows } = await claimed(claim)
        .set({ expires_at: expiresAt })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** @returns whether it was still one's own. */
    async release(
      claim: Claim,
      { status, retries, startAt }: Released,
      next: string,
    ): Promise<boolean> {
      const { numUpdatedRows } = await claimed(claim)
        .set({ status, retries, start_at: startAt, expires_at: null, transaction_id: next })
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Unless somebody looks right now. */
    async request({ id, transactionId }: Claim, next: string): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('orgmirrorconfig')
        .set((e) => ({
          status: requested,
          expires_at: null,
          transaction_id: next,
          retries: e.case().when('retries', '<', 1).then(1).else(e.ref('retries')).end(),
        }))
        .where('id', '=', id)
        .where('transaction_id', '=', transactionId)
        .where('status', '!=', syncing)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** The worker clears up what runs. @returns false when that was asked for already. */
    async cancel(id: number, next: string, now: Instant): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('orgmirrorconfig')
        .set({ status: cancelled, expires_at: now, transaction_id: next })
        .where('id', '=', id)
        .where('status', '!=', cancelled)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    countAll: async (): Promise<{ total: number; enabled: number }> => {
      const { total, enabled } = await db
        .selectFrom('orgmirrorconfig')
        .select((e) => [
          e.fn.countAll<number>().as('total'),
          e.fn.sum<number | null>('is_enabled').as('enabled'),
        ])
        .executeTakeFirstOrThrow()
      return { total, enabled: enabled ?? 0 }
    },

    /** Whether the organization has anything that somebody could have pushed. */
    hasRepositories: async (organizationId: number): Promise<boolean> =>
      (await db
        .selectFrom('repository')
        .select('id')
        .where('namespace_user_id', '=', organizationId)
        .where('state', '!=', 'MARKED_FOR_DELETION')
        .where(ofLiveNamespace)
        .limit(1)
        .executeTakeFirst()) !== undefined,
  }
}
