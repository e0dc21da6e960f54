import type { Generated, Insertable, Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { NotificationMethod, RepoEvent } from './repo-event.ts'

export interface RepoNotificationTable {
  id: Generated<number>
  uuid: string
  repository_id: number
  event: RepoEvent
  method: NotificationMethod
  title: string | null
  /** Addresses hold secrets: whoever knows one may post there. */
  config_encrypted: string
  event_config_json: string
  /** In a row. */
  number_of_failures: Generated<number>
  /** When it was last looked at whether images expire. */
  last_ran_at: Generated<Instant>
  created_at: Instant
}

export type RepoNotificationRow = Selectable<RepoNotificationTable>

export interface WaitingFor {
  readonly id: number
  readonly uuid: string
  readonly full_name: string
}

/** With so many failures in a row it is disabled. */
export const disabledFrom = 3
export const mostPerRepository = 200

const listEnabled = prepared<{ repository: number; event: RepoEvent }>()((param, db) =>
  db
    .selectFrom('repositorynotification')
    .innerJoin('repository', 'repository.id', 'repositorynotification.repository_id')
    .select(['repositorynotification.id', 'repositorynotification.uuid', 'repository.full_name'])
    .where('repositorynotification.repository_id', '=', param('repository'))
    .where('repositorynotification.event', '=', param('event'))
    .where('number_of_failures', '<', disabledFrom)
    .limit(mostPerRepository),
)

/** Queries of `repositorynotification`. */
export function repoNotificationStore(db: Db) {
  return {
    /** Who waits for an event and has not failed too often. */
    listEnabled: (repositoryId: number, event: RepoEvent): Promise<WaitingFor[]> =>
      listEnabled(db, { repository: repositoryId, event }),

    list: (repositoryId: number): Promise<RepoNotificationRow[]> =>
      db
        .selectFrom('repositorynotification')
        .selectAll()
        .where('repository_id', '=', repositoryId)
        .orderBy('id')
        .limit(mostPerRepository)
        .execute(),

    find: (repositoryId: number, uuid: string): Promise<RepoNotificationRow | undefined> =>
      db
        .selectFrom('repositorynotification')
        .selectAll()
        .where('uuid', '=', uuid)
        .where('repository_id', '=', repositoryId)
        .executeTakeFirst(),

    findById: (id: number): Promise<RepoNotificationRow | undefined> =>
      db.selectFrom('repositorynotification').selectAll().where('id', '=', id).executeTakeFirst(),

    async count(repositoryId: number): Promise<number> {
      const { count } = await db
        .selectFrom('repositorynotification')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('repository_id', '=', repositoryId)
        .executeTakeFirstOrThrow()
      return count
    },

    insert: (row: Insertable<RepoNotificationTable>): Promise<RepoNotificationRow> =>
      db.insertInto('repositorynotification').values(row).returningAll().executeTakeFirstOrThrow(),

    delete: (id: number) => db.deleteFrom('repositorynotification').where('id', '=', id).execute(),

    clearFailures: (id: number) =>
      db
        .updateTable('repositorynotification')
        .set({ number_of_failures: 0 })
        .where('id', '=', id)
        .where('number_of_failures', '!=', 0)
        .execute(),

    /** @returns how many there are now; 0 when it is gone. */
    async addFailure(id: number): Promise<number> {
      const row = await db
        .updateTable('repositorynotification')
        .set((e) => ({ number_of_failures: e('number_of_failures', '+', 1) }))
        .where('id', '=', id)
        .returning('number_of_failures')
        .executeTakeFirst()
      return row?.number_of_failures ?? 0
    },
  }
}
