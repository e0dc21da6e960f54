import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/**
 * What keeps the cost of lists apart from the number of repositories. Grants know the namespace of
 * their repository, which never changes: who has any in a namespace, and which these are, is found
 * without looking at the repositories there. Names and descriptions are searched apart, and public
 * repositories are in order by their names.
 */
export const grantsByNamespace = (dialect: Dialect): Migration => ({
  async up(db) {
    await db.schema
      .alterTable('repositorypermission')
      .addColumn('namespace_user_id', dialect.bigint, (c) => c.notNull().defaultTo(0))
      .execute()
    await sql`update repositorypermission set namespace_user_id = (
      select repository.namespace_user_id from repository
      where repository.id = repositorypermission.repository_id)`.execute(db)
    await db.schema
      .createIndex('repositorypermission_namespace')
      .on('repositorypermission')
      .columns(['namespace_user_id', 'user_id', 'repository_id'])
      .where(sql.ref('user_id'), 'is not', null)
      .execute()
    await db.schema
      .createIndex('repository_public_name')
      .on('repository')
      .column('full_name')
      .where(sql.ref('visibility'), '=', sql.lit('public'))
      .execute()
    await dialect.searchRepositoriesByColumn(db)
  },
})
