import { sql, type Kysely } from 'kysely'

export interface PostgresqlFacts {
  /** `170002` */
  readonly version: number
  readonly versionText: string
  readonly encoding: string
  readonly isStandby: boolean
  readonly hasTrigrams: boolean
}

/** What a PostgreSQL server says about itself and the database we are in. */
export async function readPostgresqlFacts(db: Kysely<unknown>): Promise<PostgresqlFacts> {
  const { rows } = await sql<{
    version: string
    text: string
    encoding: string
    standby: boolean
    trigrams: boolean
  }>`
    select current_setting('server_version_num') as version,
           current_setting('server_version') as text,
           pg_encoding_to_char(encoding) as encoding,
           pg_is_in_recovery() as standby,
           exists (select from pg_available_extensions where name = 'pg_trgm') as trigrams
      from pg_database where datname = current_database()`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('the server does not list its own database')
  return {
    version: Number(row.version),
    versionText: row.text,
    encoding: row.encoding,
    isStandby: row.standby,
    hasTrigrams: row.trigrams,
  }
}

/** Whether this user may do what migrations do. Nothing of it stays. @throws DatabaseError */
export async function tryPostgresqlRights(db: Kysely<unknown>): Promise<void> {
  const rollback = new Error('rolled back on purpose')
  try {
    await db.transaction().execute(async (tx) => {
      await sql`create table mooring_trial (id text primary key, size bigint)`.execute(tx)
      await sql`create index mooring_trial_size on mooring_trial (size)`.execute(tx)
      await sql`alter table mooring_trial add column name text`.execute(tx)
      await sql`insert into mooring_trial (id, size) values ('a', 1)`.execute(tx)
      throw rollback
    })
  } catch (error) {
    if (error !== rollback) throw error
  }
}

/** The least work there is. */
export async function askPostgresql(db: Kysely<unknown>): Promise<void> {
  await sql`select 1`.execute(db)
}
