import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

/** Codes that let a person in who forgot the password: each once, and kept as a digest. */
export const recoveryCodes = (dialect: Dialect): Migration => ({
  async up(db) {
    await dialect
      .keyed(db.schema.createTable('recoverycode'))
      .addColumn('user_id', dialect.bigint, (c) =>
        c.notNull().references('user.id').onDelete('cascade'),
      )
      .addColumn('code_digest', dialect.name, (c) => c.notNull())
      .addPrimaryKeyConstraint('recoverycode_pk', ['user_id', 'code_digest'])
      .execute()
  },
})
