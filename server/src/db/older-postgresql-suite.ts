// A program for tests on PostgreSQL that need the data of an earlier version: older URL LEVEL | dump URL LEVEL
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { Secret } from '../config/secret.ts'
import { migrate } from './migrate.ts'
import { openDatabase, type Database } from './open.ts'
import { columnsOf, dumpPostgresql, inSnapshot, type DumpLine } from './postgresql-dump.ts'
import { dropTables, loadPostgresql } from './postgresql-load.ts'
import { currentLevel } from './schema-level.ts'

/** What the database holds, in the tables that a level has. */
async function dumpOf({ db }: Database, level: string): Promise<readonly string[]> {
  const lines = new PassThrough()
  const dumping = inSnapshot(db, (tx) => dumpPostgresql(tx, lines, { schema: level })).then(() =>
    lines.end(),
  )
  const [dump] = await Promise.all([text(lines), dumping])
  return dump.split('\n').filter((line) => line !== '')
}

/**
 * Makes a database what an earlier version would have: the same content, without the tables and
 * columns that came later.
 */
async function makeOlder(database: Database, level: string): Promise<void> {
  const lines = await dumpOf(database, level)
  await dropTables(database.db, [level, currentLevel()])
  await migrate(database, level)
  const older: string[] = []
  let kept: readonly boolean[] = []
  for (const line of lines) {
    const parsed = JSON.parse(line) as DumpLine
    if (Array.isArray(parsed)) {
      older.push(JSON.stringify(parsed.filter((_, at) => kept[at] === true)))
    } else if ('table' in parsed) {
      const known = new Set((await columnsOf(database.db, parsed.table)).map(({ name }) => name))
      kept = parsed.columns.map((name) => known.has(name))
      const columns = parsed.columns.filter((name) => known.has(name))
      older.push(JSON.stringify({ ...parsed, columns }))
    } else {
      older.push(line)
    }
  }
  await loadPostgresql(database, linesOf(older), { schema: level })
}

async function* linesOf(lines: readonly string[]) {
  yield* lines
}

const [command, url = '', level = ''] = process.argv.slice(2)
const database = await openDatabase({
  kind: 'postgresql',
  url: new Secret(url),
  tls: { mode: 'disable' },
  connectTimeoutMs: 10_000,
})
try {
  if (command === 'older') await makeOlder(database, level)
  if (command === 'dump') process.stdout.write((await dumpOf(database, level)).join('\n'))
} finally {
  await database.close()
}
