import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { disabledFrom, type RepoNotificationRow } from './repo-notification-store.ts'

/** Tags whose end a notification has told. */
export interface ToldTagTable {
  notification_id: number
  tag_id: number
  /** The end that was told: one that is moved is told again. */
  end_ms: Instant
}

export interface ExpiringTag {
  readonly id: number
  readonly name: string
  readonly end: Instant
}

/** Queries of `tagnotificationsuccess`, and of the tags that it is about. */
export function expiringTagStore(db: Db) {
  return {
    /** Notifications that were not looked at since; the longest waiting first. */
    listDue: (since: Instant, limit: number): Promise<RepoNotificationRow[]> =>
      db
        .selectFrom('repositorynotification')
        .selectAll()
        .where('event', '=', 'repo_image_expiry')
        .where('last_ran_at', '<=', since)
        .where('number_of_failures', '<', disabledFrom)
        .orderBy('last_ran_at')
        .limit(limit)
        .execute(),

    /** False when somebody else was first. */
    async claim({ id, last_ran_at }: RepoNotificationRow, now: Instant): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('repositorynotification')
        .set({ last_ran_at: now })
        .where('id', '=', id)
        .where('last_ran_at', '=', last_ran_at)
        .executeTakeFirstOrThrow()
      return numUpdatedRows === 1n
    },

    /** Live tags that end within the time and were not told of. */
    async listUntold(
      { id, repository_id }: RepoNotificationRow,
      { after, until }: { readonly after: Instant; readonly until: Instant },
      limit: number,
    ): Promise<ExpiringTag[]> {
      const rows = await db
        .selectFrom('tag')
        .select(['id', 'name', 'lifetime_end_ms'])
        .where('repository_id', '=', repository_id)
        .where('live_name', 'is not', null)
        .where('hidden', '=', 0)
        .where('lifetime_end_ms', '>', after)
        .where('lifetime_end_ms', '<=', until)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom('tagnotificationsuccess as told')
                .select('told.tag_id')
                .where('told.notification_id', '=', id)
                .whereRef('told.tag_id', '=', 'tag.id')
                .whereRef('told.end_ms', '=', 'tag.lifetime_end_ms'),
            ),
          ),
        )
        .orderBy('lifetime_end_ms')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id, name, lifetime_end_ms: end }) => ({ id, name, end: end ?? 0 }))
    },

    async noteTold(notificationId: number, tags: readonly ExpiringTag[]): Promise<void> {
      if (tags.length === 0) return
      await db
        .insertInto('tagnotificationsuccess')
        .values(
          tags.map(({ id, end }) => ({ notification_id: notificationId, tag_id: id, end_ms: end })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(['notification_id', 'tag_id'])
            .doUpdateSet((e) => ({ end_ms: e.ref('excluded.end_ms') })),
        )
        .execute()
    },
  }
}
