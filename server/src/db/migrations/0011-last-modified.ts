import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/**
 * Repositories know when the newest of their tags was set, so that lists of any length show the newest
 * first without looking at the tags of all.
 */
export const lastModified = (dialect: Dialect): Migration => ({
  async up(db) {
    await db.schema
      .alterTable('repository')
      .addColumn('last_modified', dialect.bigint, (c) => c.notNull().defaultTo(0))
      .execute()
    await dialect.keepLastModified(db)
    await db.schema
      .createIndex('repository_newest')
      .on('repository')
      .columns(['last_modified desc', 'full_name'])
      .execute()
    await db.schema
      .createIndex('repository_namespace_newest')
      .on('repository')
      .columns(['namespace_user_id', 'last_modified desc', 'full_name'])
      .execute()
    await db.schema
      .createIndex('repository_public_newest')
      .on('repository')
      .columns(['last_modified desc', 'full_name'])
      .where(sql.ref('visibility'), '=', sql.lit('public'))
      .execute()
  },
})
