import { sql, type ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** Who is told about what in a repository, what of it is to be sent, and what was sent last. */
export const repoNotifications = (dialect: Dialect): Migration => ({
  async up(db) {
    const { integer, bigint, text } = dialect
    const ofRepository = (column: ColumnDefinitionBuilder) =>
      column.notNull().references('repository.id').onDelete('cascade')
    const ofNotification = (column: ColumnDefinitionBuilder) =>
      column.notNull().references('repositorynotification.id').onDelete('cascade')

    await dialect
      .withId(db.schema.createTable('repositorynotification'))
      .addColumn('uuid', text, (c) => c.notNull().unique())
      .addColumn('repository_id', bigint, ofRepository)
      .addColumn('event', text, required)
      .addColumn('method', text, required)
      .addColumn('title', text)
      .addColumn('config_encrypted', text, required)
      .addColumn('event_config_json', text, required)
      .addColumn('number_of_failures', integer, (c) => c.notNull().defaultTo(0))
      .addColumn('last_ran_at', bigint, (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', bigint, required)
      .execute()
    await db.schema
      .createIndex('repositorynotification_repository')
      .on('repositorynotification')
      .columns(['repository_id', 'event'])
      .execute()
    await db.schema
      .createIndex('repositorynotification_event')
      .on('repositorynotification')
      .columns(['event', 'last_ran_at'])
      .execute()

    await dialect
      .withId(db.schema.createTable('notificationdelivery'))
      .addColumn('uuid', text, (c) => c.notNull().unique())
      .addColumn('notification_id', bigint, ofNotification)
      .addColumn('event_json', text, required)
      .addColumn('performer', text)
      .addColumn('is_test', integer, required)
      .addColumn('state', text, required)
      .addColumn('attempts_left', integer, required)
      .addColumn('next_attempt_at', bigint)
      .addColumn('attempts_json', text, required)
      .addColumn('created_at', bigint, required)
      .execute()
    await db.schema
      .createIndex('notificationdelivery_notification')
      .on('notificationdelivery')
      .columns(['notification_id', 'id'])
      .execute()
    await db.schema
      .createIndex('notificationdelivery_due')
      .on('notificationdelivery')
      .columns(['next_attempt_at', 'id'])
      .where(sql<boolean>`next_attempt_at is not null`)
      .execute()

    await dialect
      .keyed(db.schema.createTable('tagnotificationsuccess'))
      .addColumn('notification_id', bigint, ofNotification)
      .addColumn('tag_id', bigint, (c) => c.notNull().references('tag.id').onDelete('cascade'))
      .addColumn('end_ms', bigint, required)
      .addPrimaryKeyConstraint('tagnotificationsuccess_key', ['notification_id', 'tag_id'])
      .execute()
    await db.schema
      .createIndex('tagnotificationsuccess_tag')
      .on('tagnotificationsuccess')
      .column('tag_id')
      .execute()

    await dialect
      .withId(db.schema.createTable('repositoryauthorizedemail'))
      .addColumn('repository_id', bigint, ofRepository)
      .addColumn('email', text, required)
      .addColumn('code_digest', text, (c) => c.notNull().unique())
      .addColumn('confirmed', integer, required)
      .addColumn('sent_at', bigint, required)
      .addUniqueConstraint('repositoryauthorizedemail_email', ['repository_id', 'email'])
      .execute()
  },
})
