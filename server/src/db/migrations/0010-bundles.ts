import type { ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/**
 * What crosses the air gap: the jobs that write and read bundles, the bundles that are known with
 * the digests they hold, whose keys are trusted, what came back from sites, and the ledger.
 */
export const bundles = (dialect: Dialect): Migration => ({
  async up(db) {
    const { bigint, bytes, integer, text, name } = dialect
    const keyed = (table: string) => dialect.keyed(db.schema.createTable(table))
    const index = (table: string, columns: string[]) =>
      db.schema
        .createIndex(`${table}_${columns.join('_')}`)
        .on(table)
        .columns(columns)
        .execute()

    await db.schema
      .createTable('bundlejob')
      .addColumn('id', name, (c) => c.primaryKey().notNull())
      .addColumn('kind', text, required)
      .addColumn('state', text, required)
      // The data directory whose server works on it: paths mean something there only.
      .addColumn('owner', text, required)
      .addColumn('created_at', bigint, required)
      .addColumn('ended_at', bigint)
      .addColumn('by_name', text)
      .addColumn('bundle_id', text)
      .addColumn('path', text)
      .addColumn('options_json', text, required)
      .addColumn('progress_json', text, required)
      .addColumn('waiting_json', text)
      .addColumn('result_json', text)
      .addColumn('error_json', text)
      .execute()
    await index('bundlejob', ['created_at', 'id'])
    await index('bundlejob', ['owner', 'state', 'created_at'])

    await db.schema
      .createTable('bundle')
      .addColumn('id', name, required)
      .addColumn('direction', text, required)
      .addColumn('created_at', bigint, required)
      .addColumn('stream', name)
      .addColumn('sequence', bigint)
      .addColumn('base_kind', text, required)
      .addColumn('base_id', text)
      .addColumn('source_name', text, required)
      .addColumn('source_key_id', text, required)
      .addColumn('manifest_digest', text)
      .addColumn('entries', integer, required)
      .addColumn('blobs', integer, required)
      .addColumn('size_bytes', bigint, required)
      .addColumn('volumes', integer, required)
      .addColumn('state', text, required)
      .addColumn('job_id', text)
      .addColumn('path', text)
      .addPrimaryKeyConstraint('bundle_pk', ['id', 'direction'])
      .execute()
    await index('bundle', ['created_at', 'id'])
    await index('bundle', ['stream', 'direction', 'sequence'])

    // Sets of digests and lists of entries, compressed: they are only ever read whole.
    await db.schema
      .createTable('bundleset')
      .addColumn('name', name, (c) => c.primaryKey().notNull())
      .addColumn('content', bytes, required)
      .execute()

    await db.schema
      .createTable('bundleledger')
      .addColumn('number', bigint, (c) => c.primaryKey().notNull())
      .addColumn('at', bigint, required)
      .addColumn('direction', text, required)
      .addColumn('bundle_id', name, required)
      .addColumn('manifest_digest', text, required)
      .addColumn('outcome', text, required)
      .addColumn('by_name', text)
      .addColumn('stream', text)
      .addColumn('sequence', bigint)
      .addColumn('blobs', integer, required)
      .addColumn('size_bytes', bigint, required)
      .addColumn('message', text)
      // Digest of this entry and of the chain before it.
      .addColumn('chain', text, required)
      .execute()
    await index('bundleledger', ['bundle_id'])

    await keyed('bundleanchor')
      .addColumn('key_id', name, required)
      .addColumn('name', text, required)
      .addColumn('public_key', text, required)
      .addColumn('added_at', bigint, required)
      .addColumn('added_by', text)
      .addPrimaryKeyConstraint('bundleanchor_pk', ['key_id'])
      .execute()

    await db.schema
      .createTable('bundlereceipt')
      .addColumn('id', name, (c) => c.primaryKey().notNull())
      .addColumn('added_at', bigint, required)
      .addColumn('site', text, required)
      .addColumn('key_id', text, required)
      .addColumn('form', text, required)
      .addColumn('digests', integer, required)
      .addColumn('free_bytes', bigint)
      .addColumn('bundles_json', text, required)
      .addColumn('is_trusted', integer, required)
      .execute()
    await index('bundlereceipt', ['added_at', 'id'])

    await db.schema
      .createTable('bundlerequest')
      .addColumn('bundle_id', name, (c) => c.primaryKey().notNull())
      .addColumn('created_at', bigint, required)
      .addColumn('missing', integer, required)
      .addColumn('size_bytes', bigint, required)
      .addColumn('document', text, required)
      .execute()

    await keyed('bundlepin')
      .addColumn('blob_id', bigint, (c) => c.notNull().references('blob.id').onDelete('cascade'))
      .addColumn('bundle_id', name, required)
      .addColumn('expires_at', bigint, required)
      .addPrimaryKeyConstraint('bundlepin_pk', ['blob_id', 'bundle_id'])
      .execute()
    await index('bundlepin', ['expires_at'])
  },
})
