import { Kysely } from 'kysely'

import type { DatabaseConfig } from '../config/config.ts'
import type { Logger } from '../platform/logger.ts'
import type { DialectName } from './dialect.ts'
import type { Fdatasync } from './group-commit.ts'
import { openPostgresql } from './postgresql.ts'
import { openSqlite } from './sqlite.ts'
import type { Db, Tables } from './tables.ts'

export interface Database {
  readonly db: Db
  readonly dialect: DialectName
  /** Resolves when everything committed before the call would survive a power cut. */
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface OpenOptions {
  readonly logger?: Logger
  /** Takes the place of `fs.fdatasync`, so that a test can count and hold it. */
  readonly fdatasync?: Fdatasync
}

export async function openDatabase(
  config: DatabaseConfig,
  options: OpenOptions = {},
): Promise<Database> {
  const opened =
    config.kind === 'sqlite'
      ? await openSqlite(config, options)
      : await openPostgresql(config, options)
  const db = new Kysely<Tables>({ dialect: opened.dialect })
  return {
    db,
    dialect: config.kind,
    flush: opened.flush,
    async close() {
      await db.destroy()
      await opened.close()
    },
  }
}
