import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/** Where the bytes of a blob wait that is being fetched from elsewhere, so that it can go on later. */
export const blobFetches = (dialect: Dialect): Migration => ({
  async up(db) {
    const { bigint, name, text } = dialect
    await dialect
      .keyed(db.schema.createTable('blobfetch'))
      .addColumn('digest', name, (c) => c.notNull())
      .addColumn('upload_uuid', text, (c) => c.notNull())
      .addColumn('holder', text, (c) => c.notNull())
      .addColumn('changed_at', bigint, (c) => c.notNull())
      .addPrimaryKeyConstraint('blobfetch_pk', ['digest'])
      .execute()
    await db.schema
      .createIndex('blobfetch_upload_uuid')
      .on('blobfetch')
      .columns(['upload_uuid'])
      .execute()
    await db.schema
      .createIndex('blobfetch_changed_at')
      .on('blobfetch')
      .columns(['changed_at'])
      .execute()
  },
})
