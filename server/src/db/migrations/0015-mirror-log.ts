import type { ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/** Kinds of log entries about the ways to other registries. Never edited, like those of 0013. */
export const upstreamKinds = ['upstreams_disconnected', 'upstreams_connected'] as const

export const firstUpstreamKindId = 1201

const required = (column: ColumnDefinitionBuilder) => column.notNull()

/** What the runs of mirrors tell line by line. */
export const mirrorLog = (dialect: Dialect): Migration => ({
  async up(db) {
    const { bigint, integer, text } = dialect
    await db
      .insertInto('logentrykind')
      .values(upstreamKinds.map((name, at) => ({ id: firstUpstreamKindId + at, name })))
      // The content of a later version may have been taken along.
      .onConflict((conflict) => conflict.doNothing())
      .execute()

    await dialect
      .withId(db.schema.createTable('mirrorlog'))
      .addColumn('mirror_id', bigint, required)
      .addColumn('run_id', bigint, (c) =>
        c.notNull().references('mirrorrun.id').onDelete('cascade'),
      )
      .addColumn('at', bigint, required)
      .addColumn('level', integer, required)
      .addColumn('message', text, required)
      .execute()
    const index = (suffix: string, columns: string[]) =>
      db.schema.createIndex(`mirrorlog_${suffix}`).on('mirrorlog').columns(columns).execute()
    await index('mirror', ['mirror_id', 'id'])
    await index('run', ['run_id'])
  },
})
