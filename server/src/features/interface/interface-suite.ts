import { Secret } from '../../config/secret.ts'
import type { Db } from '../../db/tables.ts'
import { systemRandom } from '../../platform/random.ts'
import { createPageTokens } from '../api/page-token-service.ts'

export const pageTokensFor = (clock: { now: () => number }) =>
  createPageTokens({
    config: { secretKey: new Secret('a key') },
    clock,
    random: systemRandom,
  })

/** More than are sorted in memory. */
export const many = 5_200
const rowsAtOnce = 500

export async function inBatches<Row>(
  rows: readonly Row[],
  insert: (some: readonly Row[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    await insert(rows.slice(from, from + rowsAtOnce))
  }
}

/** Tags without a past: two begin at each instant, the first at `start`. */
export async function seedTags(
  db: Db,
  { repositoryId, manifestId, start }: { repositoryId: number; manifestId: number; start: number },
): Promise<readonly string[]> {
  const names = Array.from({ length: many }, (_, at) => `t${String(at).padStart(5, '0')}`)
  const rows = names.map((name, at) => ({
    ...{ repository_id: repositoryId, name, live_name: name, manifest_id: manifestId },
    ...{ lifetime_start_ms: start + Math.floor(at / 2) * 10_000, lifetime_end_ms: null },
  }))
  await inBatches(rows, (some) =>
    db
      .insertInto('tag')
      .values([...some])
      .execute(),
  )
  return names
}
