import type { ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)

/** Repositories that follow one in another registry, what their runs did, and each of their tags. */
export const mirrors = (dialect: Dialect): Migration => ({
  async up(db) {
    const { integer, bigint, text, name } = dialect
    await dialect
      .withId(db.schema.createTable('repomirrorconfig'))
      .addColumn('repository_id', bigint, (c) =>
        c.notNull().unique().references('repository.id').onDelete('cascade'),
      )
      // A robot that serves a mirror is not deleted, but the whole of its namespace may be.
      .addColumn('robot_user_id', bigint, (c) => c.references('user.id').onDelete('set null'))
      .addColumn('external_reference', text, required)
      .addColumn('upstream_host', name, required)
      .addColumn('username_encrypted', text)
      .addColumn('password_encrypted', text)
      .addColumn('upstream_json', text, required)
      .addColumn('patterns_json', text, required)
      .addColumn('rules_json', text, required)
      .addColumn('architectures_json', text, required)
      .addColumn('timeout_s', bigint, required)
      .addColumn('is_enabled', integer, required)
      .addColumn('interval_s', bigint, required)
      .addColumn('start_at', bigint)
      .addColumn('status', integer, required)
      .addColumn('retries', integer, required)
      .addColumn('expires_at', bigint)
      .addColumn('transaction_id', text, required)
      .addColumn('takeovers', integer, zero)
      .addColumn('last_run_id', bigint)
      .addColumn('last_success_at', bigint)
      .addColumn('referrers_checked_at', bigint)
      .addColumn('created_at', bigint, required)
      .execute()
    const index = (suffix: string, columns: string[]) =>
      db.schema
        .createIndex(`repomirrorconfig_${suffix}`)
        .on('repomirrorconfig')
        .columns(columns)
        .execute()
    await index('robot', ['robot_user_id'])
    await index('due', ['start_at'])
    await index('status', ['status', 'start_at'])
    await index('upstream', ['upstream_host'])

    await dialect
      .withId(db.schema.createTable('mirrorrun'))
      .addColumn('mirror_id', bigint, (c) =>
        c.notNull().references('repomirrorconfig.id').onDelete('cascade'),
      )
      .addColumn('trigger', text, required)
      .addColumn('started_at', bigint, required)
      .addColumn('ended_at', bigint)
      .addColumn('result', text, required)
      .addColumn('code', text)
      .addColumn('message', text)
      .addColumn('bytes', bigint, zero)
      .addColumn('tags_matched', integer, zero)
      .addColumn('tags_new', integer, zero)
      .addColumn('tags_updated', integer, zero)
      .addColumn('tags_unchanged', integer, zero)
      .addColumn('tags_failed', integer, zero)
      .addColumn('tags_removed', integer, zero)
      .addColumn('progress_json', text)
      .execute()
    await db.schema
      .createIndex('mirrorrun_mirror')
      .on('mirrorrun')
      .columns(['mirror_id', 'id'])
      .execute()

    await dialect
      .keyed(db.schema.createTable('mirrortag'))
      .addColumn('mirror_id', bigint, (c) =>
        c.notNull().references('repomirrorconfig.id').onDelete('cascade'),
      )
      .addColumn('name', name, required)
      .addColumn('run_id', bigint, required)
      .addColumn('state', text, required)
      .addColumn('digest', text)
      .addColumn('bytes', bigint, zero)
      .addColumn('code', text)
      .addColumn('message', text)
      .addColumn('changed_at', bigint, required)
      .addPrimaryKeyConstraint('mirrortag_pk', ['mirror_id', 'name'])
      .execute()
  },
})
