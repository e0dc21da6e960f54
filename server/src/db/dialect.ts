import { sql, type CreateTableBuilder, type RawBuilder } from 'kysely'

export type DialectName = 'sqlite' | 'postgresql'

/** The column types of both databases, under the names that migrations use. */
export interface Dialect {
  /** `table` with an `id` that is never used twice, not even after its row is gone. */
  withId<T extends string>(table: CreateTableBuilder<T>): CreateTableBuilder<T, 'id'>
  readonly integer: RawBuilder<unknown>
  /** 64 bits: sizes, instants, references to an id. */
  readonly bigint: RawBuilder<unknown>
  readonly text: RawBuilder<unknown>
  /** Text whose order is that of its bytes, as OCI lists names. */
  readonly name: RawBuilder<unknown>
  readonly bytes: RawBuilder<unknown>
  /** Ends a table that is nothing but its primary key, so SQLite keeps it once instead of twice. */
  keyed<T extends string, C extends string>(
    table: CreateTableBuilder<T, C>,
  ): CreateTableBuilder<T, C>
}

const sqlite: Dialect = {
  withId: (table) => table.addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement()),
  integer: sql`integer`,
  bigint: sql`integer`,
  text: sql`text`,
  name: sql`text`,
  bytes: sql`blob`,
  keyed: (table) => table.modifyEnd(sql`without rowid`),
}

const postgresql: Dialect = {
  withId: (table) =>
    table.addColumn('id', 'bigint', (c) => c.generatedByDefaultAsIdentity().primaryKey()),
  integer: sql`integer`,
  bigint: sql`bigint`,
  text: sql`text`,
  name: sql`text collate "C"`,
  bytes: sql`bytea`,
  keyed: (table) => table,
}

export const dialects: Record<DialectName, Dialect> = { sqlite, postgresql }
