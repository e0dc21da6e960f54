import { sql, type CreateTableBuilder, type Kysely, type RawBuilder } from 'kysely'

import { lastModifiedStatements } from './last-modified-triggers.ts'

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
  /** Makes `full_name` and `description` of `repository` searchable by any part of them. */
  searchRepositories(db: Kysely<unknown>): Promise<void>
  /** Makes each of the two searchable apart, so that what only one is full of costs the other nothing. */
  searchRepositoriesByColumn(db: Kysely<unknown>): Promise<void>
  /** Fills `last_modified` of `repository` and has it follow the tags. */
  keepLastModified(db: Kysely<unknown>): Promise<void>
}

/** A full-text index of three-letter pieces beside the table, kept in step by triggers. */
const ftsStatements = [
  `create virtual table repository_search using fts5(
     full_name, description, content='repository', content_rowid='id', tokenize='trigram')`,
  `insert into repository_search(rowid, full_name, description)
     select id, full_name, description from repository`,
  `create trigger repository_search_insert after insert on repository begin
     insert into repository_search(rowid, full_name, description)
       values (new.id, new.full_name, new.description);
   end`,
  `create trigger repository_search_delete after delete on repository begin
     insert into repository_search(repository_search, rowid, full_name, description)
       values ('delete', old.id, old.full_name, old.description);
   end`,
  `create trigger repository_search_update after update of full_name, description on repository begin
     insert into repository_search(repository_search, rowid, full_name, description)
       values ('delete', old.id, old.full_name, old.description);
     insert into repository_search(rowid, full_name, description)
       values (new.id, new.full_name, new.description);
   end`,
]

const ftsByColumn = (column: string) => {
  const table = `repository_${column}_search`
  const forget = `insert into ${table}(${table}, rowid, ${column})
    values ('delete', old.id, old.${column});`
  const learn = `insert into ${table}(rowid, ${column}) values (new.id, new.${column});`
  return [
    `create virtual table ${table} using fts5(
       ${column}, content='repository', content_rowid='id', tokenize='trigram')`,
    `insert into ${table}(${table}) values ('rebuild')`,
    `create trigger ${table}_insert after insert on repository begin ${learn} end`,
    `create trigger ${table}_delete after delete on repository begin ${forget} end`,
    `create trigger ${table}_update after update of ${column} on repository begin
       ${forget} ${learn} end`,
  ]
}

const ftsByColumnStatements = [
  ...['insert', 'delete', 'update'].map((event) => `drop trigger repository_search_${event}`),
  'drop table repository_search',
  ...ftsByColumn('full_name'),
  ...ftsByColumn('description'),
]

/** Without the extension, or the right to install it, the search still works, only slower. */
const trigramIndex = `do $$ begin
  create extension if not exists pg_trgm;
  create index repository_search on repository
    using gin (full_name gin_trgm_ops, description gin_trgm_ops);
exception when others then
  raise notice 'pg_trgm is not available: searching repositories scans the table';
end $$`

const sqlite: Dialect = {
  withId: (table) => table.addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement()),
  integer: sql`integer`,
  bigint: sql`integer`,
  text: sql`text`,
  name: sql`text`,
  bytes: sql`blob`,
  keyed: (table) => table.modifyEnd(sql`without rowid`),
  searchRepositories: async (db) => {
    for (const statement of ftsStatements) await sql.raw(statement).execute(db)
  },
  searchRepositoriesByColumn: async (db) => {
    for (const statement of ftsByColumnStatements) await sql.raw(statement).execute(db)
  },
  keepLastModified: async (db) => {
    for (const statement of lastModifiedStatements.sqlite) await sql.raw(statement).execute(db)
  },
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
  searchRepositories: async (db) => {
    await sql.raw(trigramIndex).execute(db)
  },
  // Its index keeps the columns apart already.
  searchRepositoriesByColumn: () => Promise.resolve(),
  keepLastModified: async (db) => {
    for (const statement of lastModifiedStatements.postgresql) await sql.raw(statement).execute(db)
  },
}

export const dialects: Record<DialectName, Dialect> = { sqlite, postgresql }
