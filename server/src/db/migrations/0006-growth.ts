import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/**
 * What the appliance remembers about itself: how the content grew, what an administrator said about
 * its problems, damage that was found; and what people like and have read.
 */
export const growth = (dialect: Dialect): Migration => ({
  async up(db) {
    const { bigint, integer, text, name } = dialect
    await dialect
      .keyed(db.schema.createTable('growthsample'))
      .addColumn('day', integer, (c) => c.notNull())
      .addColumn('content_bytes', bigint, (c) => c.notNull())
      .addColumn('free_bytes', bigint, (c) => c.notNull())
      .addColumn('total_bytes', bigint, (c) => c.notNull())
      .addPrimaryKeyConstraint('growthsample_pk', ['day'])
      .execute()
    await dialect
      .keyed(db.schema.createTable('appliancestate'))
      .addColumn('name', name, (c) => c.notNull())
      .addColumn('value_json', text, (c) => c.notNull())
      .addPrimaryKeyConstraint('appliancestate_pk', ['name'])
      .execute()
    await dialect
      .keyed(db.schema.createTable('damagedblob'))
      .addColumn('digest', name, (c) => c.notNull())
      .addColumn('size_bytes', bigint, (c) => c.notNull())
      .addColumn('reason', text, (c) => c.notNull())
      .addColumn('found_at', bigint, (c) => c.notNull())
      .addPrimaryKeyConstraint('damagedblob_pk', ['digest'])
      .execute()
    await dialect
      .keyed(db.schema.createTable('userpreference'))
      .addColumn('user_id', bigint, (c) => c.notNull().references('user.id').onDelete('cascade'))
      .addColumn('settings_json', text, (c) => c.notNull())
      .addPrimaryKeyConstraint('userpreference_pk', ['user_id'])
      .execute()
    await dialect
      .keyed(db.schema.createTable('notificationread'))
      .addColumn('user_id', bigint, (c) => c.notNull().references('user.id').onDelete('cascade'))
      .addColumn('notification_id', bigint, (c) =>
        c.notNull().references('notification.id').onDelete('cascade'),
      )
      .addPrimaryKeyConstraint('notificationread_pk', ['user_id', 'notification_id'])
      .execute()
    await db.schema
      .createIndex('notificationread_notification_id')
      .on('notificationread')
      .columns(['notification_id'])
      .execute()
  },
})
