import { sql } from 'kysely'

import type { Db } from './tables.ts'

/**
 * Does part of a transaction so that the rest can go on when it fails: PostgreSQL takes nothing more
 * from a transaction in which a statement failed.
 * @returns the error, if there was one.
 */
export async function attempt(tx: Db, work: () => Promise<void>): Promise<unknown> {
  await sql`savepoint attempt`.execute(tx)
  let failure: unknown
  try {
    await work()
  } catch (error) {
    failure = error ?? new Error('failed without saying why')
    await sql`rollback to savepoint attempt`.execute(tx)
  }
  await sql`release savepoint attempt`.execute(tx)
  return failure
}
