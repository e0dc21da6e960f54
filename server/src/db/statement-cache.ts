import type { Database as Sqlite, Statement } from 'better-sqlite3'
import { LRUCache } from 'lru-cache'

const reusable =
  /^\s*(?:select|insert|update|delete|with|begin|commit|rollback|savepoint|release)\b/i

/**
 * The part of a better-sqlite3 database that Kysely uses, with the statements it has prepared kept
 * for the next time. A change of the schema empties the cache.
 */
export function withStatementCache(database: Sqlite, max: number) {
  const cache = new LRUCache<string, Statement>({ max })

  const prepared = (text: string) => {
    let statement = cache.get(text)
    if (!statement) {
      statement = database.prepare(text)
      cache.set(text, statement)
    }
    return statement
  }

  return {
    close: () => {
      cache.clear()
      database.close()
    },
    prepare: (text: string) => {
      // A transaction that begins as a reader cannot become a writer once another process (the
      // command line on a running server) has written in between; one that begins as a writer waits.
      if (text === 'begin') return prepared('begin immediate')
      // On a full disk SQLite has rolled back by itself, and a second rollback would be an error that
      // hides the first.
      if (text === 'rollback' && !database.inTransaction) return prepared('select 1 where false')
      if (reusable.test(text)) return prepared(text)
      cache.clear()
      return database.prepare(text)
    },
  }
}
