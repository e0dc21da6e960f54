import { renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import type SqliteModule from 'better-sqlite3'
import { migrate } from '../../server/src/db/migrate.ts'
import { migrations } from '../../server/src/db/migrations/index.ts'
import { openDatabase } from '../../server/src/db/open.ts'
import { tablesAt } from '../../server/src/db/schema-tables.ts'

const Sqlite = createRequire(new URL('../../server/package.json', import.meta.url))(
  'better-sqlite3',
) as typeof SqliteModule

/** The levels that earlier versions brought a database to. */
export const earlierLevels: readonly string[] = Object.keys(migrations).sort().slice(0, -1)

/**
 * Makes a database what an earlier version would have: the same content, without the tables and
 * columns that came later. Nobody may have it open.
 */
export async function makeOlder(file: string, level: string): Promise<void> {
  const older = `${file}.older`
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${older}${suffix}`, { force: true })
  const database = await openDatabase({ kind: 'sqlite', file: older })
  await migrate(database, level)
  await database.close()
  const tables = await tablesAt(level)
  const connection = new Sqlite(older)
  try {
    connection.pragma('foreign_keys = off')
    connection.exec(`attach '${file}' as newer`)
    const columnsOf = (schema: string, table: string) =>
      (connection.pragma(`${schema}.table_info("${table}")`) as { name: string }[]).map(
        ({ name }) => name,
      )
    connection.transaction(() => {
      for (const table of tables) {
        const present = columnsOf('newer', table)
        const columns = columnsOf('main', table).filter((name) => present.includes(name))
        const names = columns.map((name) => `"${name}"`).join(', ')
        connection.exec(`delete from main."${table}"`)
        connection.exec(
          `insert into main."${table}" (${names}) select ${names} from newer."${table}"`,
        )
      }
    })()
    connection.exec('detach newer')
    connection.pragma('journal_mode = delete')
  } finally {
    connection.close()
  }
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  renameSync(older, file)
}

/** Pretends that a later version has been at work. */
export function makeNewer(file: string): void {
  const connection = new Sqlite(file)
  connection
    .prepare(`insert into kysely_migration (name, timestamp) values ('9999-later', '2099')`)
    .run()
  connection.close()
}

/** The last migration that a database has. */
export function levelOf(file: string): string {
  const connection = new Sqlite(file, { readonly: true })
  try {
    const row = connection.prepare('select max(name) as level from kysely_migration').get() as {
      level: string
    }
    return row.level
  } finally {
    connection.close()
  }
}
