import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/**
 * How much the content of each namespace and repository takes. That no other manifest of a namespace
 * links a blob is looked up by `manifest_blob_namespace_user_id_blob_id`; a repository never changes
 * its namespace, so neither do its links.
 */
export const quota = ({ integer, bigint }: Dialect): Migration => ({
  async up(db) {
    await db.schema
      .alterTable('manifest_blob')
      .addColumn('namespace_user_id', bigint, (c) => c.notNull().defaultTo(0))
      .execute()
    await sql`update manifest_blob set namespace_user_id = coalesce((
      select repository.namespace_user_id from repository
      where repository.id = manifest_blob.repository_id), 0)`.execute(db)
    await db.schema
      .createIndex('manifest_blob_namespace_user_id_blob_id')
      .on('manifest_blob')
      .columns(['namespace_user_id', 'blob_id'])
      .execute()

    for (const [table, owner] of [
      ['quotanamespacesize', 'user.id'],
      ['quotarepositorysize', 'repository.id'],
    ] as const) {
      await db.schema
        .createTable(table)
        .addColumn('id', bigint, (c) => c.primaryKey().references(owner).onDelete('cascade'))
        .addColumn('size_bytes', bigint, (c) => c.notNull().defaultTo(0))
        .addColumn('backfill_start_ms', bigint)
        .addColumn('backfill_complete', integer, (c) => c.notNull().defaultTo(0))
        // The backfill has counted every blob up to this id.
        .addColumn('counted_to', bigint, (c) => c.notNull().defaultTo(0))
        .execute()
      await db.schema
        .createIndex(`${table}_incomplete`)
        .on(table)
        .columns(['id'])
        .where(sql.ref('backfill_complete'), '=', sql.lit(0))
        .execute()
    }
  },
})
