import { Kysely, type Dialect } from 'kysely'

import type { DatabaseConfig, PostgresqlConfig } from '../config/config.ts'
import type { Logger } from '../platform/logger.ts'
import type { DialectName } from './dialect.ts'
import type { Fdatasync } from './group-commit.ts'
import { useDirectReader, type DirectReader } from './prepared.ts'
import { openSqlite } from './sqlite.ts'
import type { BulkInsert } from './sqlite-background.ts'
import type { Db, Tables } from './tables.ts'

export interface Database {
  readonly db: Db
  readonly dialect: DialectName
  /** There where a long insert would hold the event loop up. */
  readonly bulkInsert?: BulkInsert
  /** Resolves when everything committed before the call would survive a power cut. */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}

/** What the two kinds of database hand over; reader and bulk insert are SQLite's. */
interface Opened {
  readonly dialect: Dialect
  readonly reader?: DirectReader
  readonly bulkInsert?: BulkInsert
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface OpenOptions {
  readonly logger?: Logger
  /** Takes the place of `fs.fdatasync`, so that a test can count and hold it. */
  readonly fdatasync?: Fdatasync
}

/** Its client is loaded only where it is needed. */
async function openPostgresql(config: PostgresqlConfig, options: OpenOptions): Promise<Opened> {
  const postgresql = await import('./postgresql.ts')
  return postgresql.openPostgresql(config, options)
}

export async function openDatabase(
  config: DatabaseConfig,
  options: OpenOptions = {},
): Promise<Database> {
  const opened: Opened =
    config.kind === 'sqlite'
      ? await openSqlite(config, options)
      : await openPostgresql(config, options)
  const db = new Kysely<Tables>({ dialect: opened.dialect })
  if (opened.reader) useDirectReader(db, opened.reader)
  return {
    db,
    dialect: config.kind,
    ...(opened.bulkInsert === undefined ? {} : { bulkInsert: opened.bulkInsert }),
    flush: opened.flush,
    async close() {
      await db.destroy()
      await opened.close()
    },
  }
}
