import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/** Kinds of log entries about bundles. Never edited, like those of 0013. */
export const bundleKinds = ['bundle_folder_removed'] as const

export const firstBundleKindId = 1301

/** How many bundles of a selection stay, and how the folder of each was when it was written. */
export const keptBundles = ({ integer, text, name }: Dialect): Migration => ({
  async up(db) {
    await db.schema.alterTable('bundleselection').addColumn('keep_last', integer).execute()
    await db.schema.alterTable('bundle').addColumn('selection_id', name).execute()
    await db.schema.alterTable('bundle').addColumn('folder_print', text).execute()
    await db.schema
      .createIndex('bundle_selection')
      .on('bundle')
      .columns(['selection_id', 'created_at', 'id'])
      .execute()
    await db
      .insertInto('logentrykind')
      .values(bundleKinds.map((name, at) => ({ id: firstBundleKindId + at, name })))
      // The content of a later version may have been taken along.
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },
})
