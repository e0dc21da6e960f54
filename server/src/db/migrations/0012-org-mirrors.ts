import type { ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** Organizations that follow a namespace of another registry, and the repositories found there. */
export const orgMirrors = (dialect: Dialect): Migration => ({
  async up(db) {
    const { integer, bigint, text, name } = dialect
    await dialect
      .withId(db.schema.createTable('orgmirrorconfig'))
      .addColumn('organization_id', bigint, (c) =>
        c.notNull().unique().references('user.id').onDelete('cascade'),
      )
      .addColumn('robot_user_id', bigint, (c) => c.references('user.id').onDelete('set null'))
      .addColumn('registry_type', text, required)
      .addColumn('registry_url', text, required)
      .addColumn('external_namespace', text, required)
      .addColumn('username_encrypted', text)
      .addColumn('password_encrypted', text)
      .addColumn('upstream_json', text, required)
      .addColumn('filters_json', text, required)
      .addColumn('visibility', text, required)
      .addColumn('is_enabled', integer, required)
      .addColumn('interval_s', bigint, required)
      .addColumn('timeout_s', bigint, required)
      .addColumn('start_at', bigint)
      .addColumn('status', integer, required)
      .addColumn('retries', integer, required)
      .addColumn('expires_at', bigint)
      .addColumn('transaction_id', text, required)
      .addColumn('created_at', bigint, required)
      .execute()
    const index = (table: string, suffix: string, columns: string[]) =>
      db.schema.createIndex(`${table}_${suffix}`).on(table).columns(columns).execute()
    await index('orgmirrorconfig', 'robot', ['robot_user_id'])
    await index('orgmirrorconfig', 'status', ['status', 'start_at'])

    await dialect
      .withId(db.schema.createTable('orgmirrorrepository'))
      .addColumn('mirror_id', bigint, (c) =>
        c.notNull().references('orgmirrorconfig.id').onDelete('cascade'),
      )
      .addColumn('name', name, required)
      .addColumn('repository_id', bigint, (c) => c.references('repository.id').onDelete('set null'))
      .addColumn('status', integer, required)
      .addColumn('retries', integer, required)
      .addColumn('start_at', bigint)
      .addColumn('expires_at', bigint)
      .addColumn('transaction_id', text, required)
      .addColumn('message', text)
      .addColumn('discovered_at', bigint, required)
      .addColumn('last_sync_at', bigint)
      .addUniqueConstraint('orgmirrorrepository_name', ['mirror_id', 'name'])
      .execute()
    await index('orgmirrorrepository', 'repository', ['repository_id'])
    await index('orgmirrorrepository', 'status', ['status', 'start_at'])
    await index('orgmirrorrepository', 'mirror_status', ['mirror_id', 'status', 'name'])
  },
})
