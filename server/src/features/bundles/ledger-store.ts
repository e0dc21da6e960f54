import { createHash } from 'node:crypto'

import { sql, type Selectable } from 'kysely'
import { hasRowLocks } from '../../db/row-locks.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export interface BundleLedgerTable {
  number: number
  at: Instant
  direction: 'out' | 'in'
  bundle_id: string
  manifest_digest: string
  outcome: 'done' | 'incomplete' | 'refused'
  by_name: string | null
  stream: string | null
  sequence: number | null
  blobs: number
  size_bytes: number
  message: string | null
  chain: string
}

export type LedgerRow = Selectable<BundleLedgerTable>
export type NewLedgerEntry = Omit<LedgerRow, 'number' | 'chain'>

const columns = [
  'number',
  'at',
  'direction',
  'bundle_id',
  'manifest_digest',
  'outcome',
  'by_name',
  'stream',
  'sequence',
  'blobs',
  'size_bytes',
  'message',
] as const

/** Covers the entry and, through the chain of the one before, everything earlier. */
export function chainOf(before: string, entry: Omit<LedgerRow, 'chain'>): string {
  const facts = JSON.stringify(columns.map((column) => entry[column]))
  return createHash('sha256').update(`${before}\n${facts}`).digest('hex')
}

/**
 * The ledger of bundles: entries are added and read, never changed. Each holds the digest of all
 * before it, so that a change behind our back shows.
 */
export function ledgerStore(db: Db) {
  const last = () =>
    db.selectFrom('bundleledger').selectAll().orderBy('number', 'desc').limit(1).executeTakeFirst()

  return {
    /** In a transaction, whose end lets the next one have its number. */
    async append(entry: NewLedgerEntry): Promise<void> {
      if (hasRowLocks(db)) await sql`lock table bundleledger in exclusive mode`.execute(db)
      const before = await last()
      const numbered = { ...entry, number: (before?.number ?? 0) + 1 }
      await db
        .insertInto('bundleledger')
        .values({ ...numbered, chain: chainOf(before?.chain ?? '', numbered) })
        .execute()
    },

    /** The signed manifests that came in under an id. */
    listManifests: async (bundleId: string): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('bundleledger')
        .select('manifest_digest')
        .where('bundle_id', '=', bundleId)
        .where('outcome', '!=', 'refused')
        .limit(100)
        .execute()
      return rows.map((row) => row.manifest_digest)
    },

    /** The latest first. */
    page: (before: number | undefined, limit: number): Promise<LedgerRow[]> =>
      db
        .selectFrom('bundleledger')
        .selectAll()
        .$if(before !== undefined, (query) => query.where('number', '<', before ?? 0))
        .orderBy('number', 'desc')
        .limit(limit)
        .execute(),
  }
}
