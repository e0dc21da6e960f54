import type { Generated } from 'kysely'

import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface RobotAccountTable {
  user_id: number
  namespace_user_id: number
  token_encrypted: string
  description: Generated<string>
  unstructured_json: Generated<string>
  created_at: Instant
  federation_json: string | null
}

/** The account row and the robot row as one. */
export interface RobotRow {
  readonly id: number
  readonly username: string
  readonly enabled: number
  readonly namespace_user_id: number
  readonly token_encrypted: string
  readonly description: string
  readonly unstructured_json: string
  readonly created_at: Instant
  readonly last_accessed: Instant | null
  readonly federation_json: string | null
}

/** A robot of a list: without what may be large. */
export type ListedRobotRow = Omit<RobotRow, 'unstructured_json' | 'federation_json'>

export function robotStore(db: Db) {
  const robots = () =>
    db
      .selectFrom('user')
      .innerJoin('robot_account', 'robot_account.user_id', 'user.id')
      .select([
        'user.id',
        'user.username',
        'user.enabled',
        'user.last_accessed',
        'robot_account.namespace_user_id',
        'robot_account.token_encrypted',
        'robot_account.description',
        'robot_account.created_at',
      ])

  return {
    find: (username: string): Promise<RobotRow | undefined> =>
      robots()
        .select(['robot_account.unstructured_json', 'robot_account.federation_json'])
        .where('user.username', '=', username)
        .executeTakeFirst(),

    /** By name, from after `after` on. */
    list: (namespaceId: number, after: string, limit: number): Promise<ListedRobotRow[]> =>
      robots()
        .where('robot_account.namespace_user_id', '=', namespaceId)
        .where('user.username', '>', after)
        .orderBy('user.username')
        .limit(limit)
        .execute(),

    insert: (robot: {
      userId: number
      namespaceId: number
      tokenEncrypted: string
      description: string
      metadata: Readonly<Record<string, unknown>>
      createdAt: Instant
    }) =>
      db
        .insertInto('robot_account')
        .values({
          user_id: robot.userId,
          namespace_user_id: robot.namespaceId,
          token_encrypted: robot.tokenEncrypted,
          description: robot.description,
          unstructured_json: JSON.stringify(robot.metadata),
          created_at: robot.createdAt,
        })
        .execute(),

    setToken: (userId: number, tokenEncrypted: string) =>
      db
        .updateTable('robot_account')
        .set({ token_encrypted: tokenEncrypted })
        .where('user_id', '=', userId)
        .execute(),

    setFederation: (userId: number, federation: string | null) =>
      db
        .updateTable('robot_account')
        .set({ federation_json: federation })
        .where('user_id', '=', userId)
        .execute(),
  }
}
