import { expect } from 'vitest'

import type { Db } from '../../db/tables.ts'

interface Link {
  readonly blob_id: number
  readonly size_bytes: number
}

/** The distinct blobs of each namespace and repository, from the manifests and nothing else. */
async function recount(db: Db) {
  const links = await db
    .selectFrom('manifest_blob')
    .innerJoin('manifest', 'manifest.id', 'manifest_blob.manifest_id')
    .innerJoin('repository', 'repository.id', 'manifest.repository_id')
    .innerJoin('blob', 'blob.id', 'manifest_blob.blob_id')
    .select(['manifest_blob.blob_id', 'blob.size_bytes'])
    .select(['repository.id as repository', 'repository.namespace_user_id as namespace'])
    .execute()
  const blobsOf = (scope: 'repository' | 'namespace', id: number) =>
    new Map(links.filter((link) => link[scope] === id).map((link) => [link.blob_id, link])).values()
  return {
    quotanamespacesize: (id: number) => [...blobsOf('namespace', id)],
    quotarepositorysize: (id: number) => [...blobsOf('repository', id)],
  }
}

const total = (links: readonly Link[]) => links.reduce((sum, link) => sum + link.size_bytes, 0)

/** A counter holds what a recount finds; one that is being counted, as far as the count has come. */
export async function expectRightSizes(db: Db): Promise<void> {
  const blobs = await recount(db)
  for (const table of ['quotanamespacesize', 'quotarepositorysize'] as const) {
    for (const row of await db.selectFrom(table).selectAll().execute()) {
      const isComplete = row.backfill_complete === 1
      const counted = blobs[table](row.id).filter(
        ({ blob_id }) => isComplete || blob_id <= row.counted_to,
      )
      expect(row.size_bytes, `${table} ${String(row.id)}`).toBe(total(counted))
    }
  }
}

/** Every namespace and every repository has a counter that holds what a recount finds. */
export async function expectAllCounted(db: Db): Promise<void> {
  await expectRightSizes(db)
  const namespaces = await db.selectFrom('user').select('id').where('robot', '=', 0).execute()
  const repositories = await db.selectFrom('repository').select('id').execute()
  for (const [table, owners] of [
    ['quotanamespacesize', namespaces],
    ['quotarepositorysize', repositories],
  ] as const) {
    const counted = await db
      .selectFrom(table)
      .select('id')
      .where('backfill_complete', '=', 1)
      .orderBy('id')
      .execute()
    expect(counted, table).toEqual(owners.toSorted((one, other) => one.id - other.id))
  }
}
