import type { Generated, Insertable, Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { SyncStatus } from './mirror-status.ts'

/** How a repository follows another one, and where that stands. */
export interface MirrorTable {
  id: Generated<number>
  repository_id: number
  /** Null when the robot is gone. */
  robot_user_id: number | null
  external_reference: string
  upstream_host: string
  username_encrypted: string | null
  password_encrypted: string | null
  upstream_json: string
  patterns_json: string
  rules_json: string
  architectures_json: string
  timeout_s: number
  is_enabled: number
  interval_s: number
  start_at: Instant | null
  status: SyncStatus
  retries: number
  /** Until when the worker that runs it has said that it will be done, or say so again. */
  expires_at: Instant | null
  /** Changes with every change of the standing: who knows the present one may make the next. */
  transaction_id: string
  /** How often the run was taken over from a worker that was gone, since a tag was last copied. */
  takeovers: Generated<number>
  last_run_id: number | null
  last_success_at: Instant | null
  referrers_checked_at: Instant | null
  created_at: Instant
}

export type MirrorRow = Selectable<MirrorTable>
export type NewMirror = Insertable<MirrorTable>
export type MirrorSettings = Partial<
  Pick<
    MirrorRow,
    | 'robot_user_id'
    | 'external_reference'
    | 'upstream_host'
    | 'username_encrypted'
    | 'password_encrypted'
    | 'upstream_json'
    | 'patterns_json'
    | 'rules_json'
    | 'architectures_json'
    | 'timeout_s'
    | 'is_enabled'
    | 'interval_s'
    | 'start_at'
    | 'status'
    | 'retries'
  >
>

const findRobot = prepared<{ repository: number }>()((param, db) =>
  db
    .selectFrom('repomirrorconfig')
    .select('robot_user_id')
    .where('repository_id', '=', param('repository')),
)

/** Queries of `repomirrorconfig`. */
export function mirrorStore(db: Db) {
  return {
    find: (repositoryId: number): Promise<MirrorRow | undefined> =>
      db
        .selectFrom('repomirrorconfig')
        .selectAll()
        .where('repository_id', '=', repositoryId)
        .executeTakeFirst(),

    /** Whether it is the robot that a repository is mirrored by. */
    isRobotOf: async (repositoryId: number, robotId: number): Promise<boolean> =>
      (await findRobot(db, { repository: repositoryId }))[0]?.robot_user_id === robotId,

    /** Whether a robot mirrors a repository that is not deleted. */
    isRobotInUse: async (robotId: number): Promise<boolean> =>
      (await db
        .selectFrom('repomirrorconfig')
        .innerJoin('repository', 'repository.id', 'repomirrorconfig.repository_id')
        .select('repomirrorconfig.id')
        .where('repomirrorconfig.robot_user_id', '=', robotId)
        .where('repository.state', '!=', 'MARKED_FOR_DELETION')
        .limit(1)
        .executeTakeFirst()) !== undefined,

    /** Undefined when the repository has one. */
    insert: (mirror: NewMirror): Promise<MirrorRow | undefined> =>
      db
        .insertInto('repomirrorconfig')
        .values(mirror)
        .onConflict((conflict) => conflict.column('repository_id').doNothing())
        .returningAll()
        .executeTakeFirst(),

    /** Makes whoever knew the standing before look again where that is changed. */
    change: (id: number, settings: MirrorSettings, transactionId?: string) =>
      db
        .updateTable('repomirrorconfig')
        .set({ ...settings, ...(transactionId !== undefined && { transaction_id: transactionId }) })
        .where('id', '=', id)
        .execute(),

    delete: (id: number) => db.deleteFrom('repomirrorconfig').where('id', '=', id).execute(),
  }
}
