import type { ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** What bundles are made of that are made again and again. */
export const bundleSelections = ({ bigint, text, name }: Dialect): Migration => ({
  async up(db) {
    await db.schema
      .createTable('bundleselection')
      .addColumn('id', name, (c) => c.primaryKey().notNull())
      .addColumn('name', name, (c) => c.notNull().unique())
      // The data directory whose server runs it: its folder means something there only.
      .addColumn('owner', text, required)
      .addColumn('updated_at', bigint, required)
      .addColumn('by_name', text)
      .addColumn('content_json', text, required)
      .addColumn('directory', text, required)
      // Logins of other registries, sealed; null where there are none.
      .addColumn('upstreams_sealed', text)
      .addColumn('calendar_json', text, required)
      .addColumn('next_at', bigint)
      .addColumn('last_job_id', name)
      .addColumn('last_started_at', bigint)
      // A run that began at its time, as long as nobody was told how it ended.
      .addColumn('watched_job_id', name)
      .addColumn('problem', text)
      .execute()
    await db.schema
      .createIndex('bundleselection_owner_next_at')
      .on('bundleselection')
      .columns(['owner', 'next_at'])
      .execute()
    await db.schema
      .createIndex('bundleselection_watched_job_id')
      .on('bundleselection')
      .columns(['owner', 'watched_job_id'])
      .execute()
  },
})
