// A program for tests that need the data of other versions: levels | older FILE LEVEL | newer FILE | level FILE
import { renameSync, rmSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { openDatabase } from './open.ts'
import { tablesAt } from './schema-tables.ts'

/**
 * Makes a database what an earlier version would have: the same content, without the tables and
 * columns that came later. Nobody may have it open.
 */
async function makeOlder(file: string, level: string): Promise<void> {
  const older = `${file}.older`
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${older}${suffix}`, { force: true })
  const database = await openDatabase({ kind: 'sqlite', file: older })
  await migrate(database, level)
  await database.close()
  const tables = await tablesAt(level)
  const connection = new Sqlite(older)
  try {
    connection.pragma('foreign_keys = off')
    connection.prepare('attach ? as newer').run(file)
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
function makeNewer(file: string): void {
  const connection = new Sqlite(file)
  connection
    .prepare(`insert into kysely_migration (name, timestamp) values ('9999-later', '2099')`)
    .run()
  connection.close()
}

function levelOf(file: string): string {
  const connection = new Sqlite(file, { readonly: true })
  const row = connection.prepare('select max(name) as level from kysely_migration').get() as {
    level: string
  }
  connection.close()
  return row.level
}

const [command, file = '', level = ''] = process.argv.slice(2)
if (command === 'levels') process.stdout.write(JSON.stringify(Object.keys(migrations).sort()))
if (command === 'older') await makeOlder(file, level)
if (command === 'newer') makeNewer(file)
if (command === 'level') process.stdout.write(JSON.stringify(levelOf(file)))
