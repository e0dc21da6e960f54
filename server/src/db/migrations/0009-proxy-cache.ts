import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/**
 * Which organizations are caches of other registries, the blobs that their manifests name and that
 * have not been fetched, and the images that clients asked for in vain.
 */
export const proxyCache = (dialect: Dialect): Migration => ({
  async up(db) {
    const { bigint, integer, text, name } = dialect
    await dialect
      .keyed(db.schema.createTable('proxycacheconfig'))
      .addColumn('organization_id', bigint, (c) =>
        c.notNull().references('user.id').onDelete('cascade'),
      )
      .addColumn('upstream_registry', text, (c) => c.notNull())
      .addColumn('credentials_encrypted', text)
      .addColumn('expiration_s', bigint, (c) => c.notNull())
      .addColumn('insecure', integer, (c) => c.notNull().defaultTo(0))
      .addColumn('created_at', bigint, (c) => c.notNull())
      .addPrimaryKeyConstraint('proxycacheconfig_pk', ['organization_id'])
      .execute()

    await dialect
      .keyed(db.schema.createTable('proxycacheblob'))
      .addColumn('repository_id', bigint, (c) => c.notNull())
      .addColumn('digest', name, (c) => c.notNull())
      .addColumn('manifest_id', bigint, (c) =>
        c.notNull().references('manifest.id').onDelete('cascade'),
      )
      .addColumn('namespace_user_id', bigint, (c) => c.notNull())
      .addColumn('size_bytes', bigint, (c) => c.notNull())
      .addColumn('due_at', bigint)
      .addPrimaryKeyConstraint('proxycacheblob_pk', ['repository_id', 'digest', 'manifest_id'])
      .execute()
    const index = (table: string, columns: string[]) =>
      db.schema
        .createIndex(`${table}_${columns.join('_')}`)
        .on(table)
        .columns(columns)
    await index('proxycacheblob', ['manifest_id']).execute()
    await index('proxycacheblob', ['namespace_user_id', 'digest']).execute()
    await index('proxycacheblob', ['due_at']).where('due_at', 'is not', null).execute()

    await db.schema
      .createTable('missedpull')
      .addColumn('id', name, (c) => c.primaryKey())
      .addColumn('reference', name, (c) => c.notNull())
      .addColumn('upstream', name, (c) => c.notNull())
      .addColumn('count', bigint, (c) => c.notNull())
      .addColumn('clients_sketch', text, (c) => c.notNull())
      .addColumn('first_at', bigint, (c) => c.notNull())
      .addColumn('last_at', bigint, (c) => c.notNull())
      .addColumn('ignored', integer, (c) => c.notNull().defaultTo(0))
      .execute()
    await index('missedpull', ['reference', 'upstream']).unique().execute()
    await index('missedpull', ['ignored', 'count', 'id']).execute()
    await index('missedpull', ['ignored', 'last_at', 'id']).execute()
    await index('missedpull', ['last_at']).execute()
  },
})
