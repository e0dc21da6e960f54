import type { Config } from '../../config/config.ts'
import { attempt } from '../../db/savepoint.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import {
  quotaStore,
  quotaTables,
  type CounterRow,
  type LinkedBlob,
  type Scope,
} from './quota-store.ts'

export type QuotaAccounting = ReturnType<typeof createQuotaAccounting>

export type AccountingRules = {
  readonly features: Pick<Config['features'], 'quotaManagement' | 'quotaSuppressFailures'>
} & Pick<Config, 'quota'>

/** An id that no manifest has. */
const noManifest = 0

/**
 * Keeps the sizes of namespaces and repositories in step with their content, inside the transactions
 * that change it and as their last step but those that lock nothing: the counter of the namespace is
 * locked until they end.
 *
 * A counter that is being counted takes the blobs up to where the count has come; those behind it are
 * found by the count itself. So a count and any number of pushes go on at the same time, and what
 * comes out is exact.
 */
export function createQuotaAccounting({
  clock,
  log,
  config,
}: {
  clock: Clock
  log: Logger
  config: AccountingRules
}) {
  const { quotaManagement: counts, quotaSuppressFailures: suppresses } = config.features
  const invalidates = !counts && config.quota.invalidateTotals

  async function guarded(tx: Db, repositoryId: number, work: () => Promise<void>): Promise<void> {
    if (!suppresses) return work()
    const failure = await attempt(tx, work)
    if (failure === undefined) return
    log.error({ err: failure, repositoryId }, 'quota accounting failed')
    // What is not right any more is counted anew.
    for (const table of quotaTables) {
      await attempt(tx, () => quotaStore(tx).reset(table, repositoryId))
    }
  }

  async function invalidate(tx: Db, repositoryId: number): Promise<void> {
    for (const table of quotaTables) await quotaStore(tx).reset(table, repositoryId)
  }

  async function scopesOf(tx: Db, repositoryId: number): Promise<readonly Scope[]> {
    const namespaceId = await quotaStore(tx).findNamespace(repositoryId)
    if (namespaceId === undefined) return []
    return [
      { table: 'quotanamespacesize', id: namespaceId },
      { table: 'quotarepositorysize', id: repositoryId },
    ]
  }

  /** The counter, made when this manifest is the first in its scope; locked. */
  async function require(tx: Db, scope: Scope, manifestId: number) {
    const store = quotaStore(tx)
    const known = await store.lock(scope)
    if (known !== undefined || manifestId === noManifest) return known
    const isFirst = !(await store.hasOtherLinks(scope, manifestId))
    await store.insert(scope, isFirst ? clock.now() : null)
    return store.lock(scope)
  }

  /** Adds, or takes off, the blobs that no manifest but this one refers to. */
  async function change(
    tx: Db,
    repositoryId: number,
    manifestId: number,
    blobIds: readonly number[],
    sign: 1 | -1,
  ): Promise<void> {
    if (blobIds.length === 0) return
    const store = quotaStore(tx)
    const [namespace, repository] = await scopesOf(tx, repositoryId)
    if (namespace === undefined || repository === undefined) return
    const ofNamespace = await require(tx, namespace, manifestId)
    const ofRepository = await require(tx, repository, manifestId)
    if (!ofNamespace && !ofRepository) return
    const where = { namespaceId: namespace.id, repositoryId }
    const blobs = await store.listLinked([...new Set(blobIds)], where, manifestId)
    const inNamespace = bytesOf(ofNamespace, blobs, (blob) => !blob.in_namespace)
    const inRepository = bytesOf(ofRepository, blobs, (blob) => !blob.in_repository)
    if (inNamespace > 0) await store.add(namespace, sign * inNamespace)
    if (inRepository > 0) await store.add(repository, sign * inRepository)
  }

  return {
    /** Of the blobs, those that the manifest does not refer to yet. Asked before they are linked. */
    async findNew(tx: Db, manifestId: number, blobIds: readonly number[]): Promise<number[]> {
      if (!counts) return [...blobIds]
      const linked = new Set(await quotaStore(tx).listLinksOf(manifestId))
      return blobIds.filter((id) => !linked.has(id))
    },

    /** A manifest of the repository now refers to blobs that are new to it. */
    async linked(
      tx: Db,
      repositoryId: number,
      manifestId: number,
      blobIds: readonly number[],
    ): Promise<void> {
      if (!counts && !invalidates) return
      await guarded(tx, repositoryId, () =>
        counts ? change(tx, repositoryId, manifestId, blobIds, 1) : invalidate(tx, repositoryId),
      )
    },

    /** Manifests of the repository that referred to these blobs are gone. */
    async removed(tx: Db, repositoryId: number, blobIds: readonly number[]): Promise<void> {
      if (!counts && !invalidates) return
      await guarded(tx, repositoryId, () =>
        counts ? change(tx, repositoryId, noManifest, blobIds, -1) : invalidate(tx, repositoryId),
      )
    },
  }
}

function bytesOf(
  counter: CounterRow | undefined,
  blobs: readonly LinkedBlob[],
  isAlone: (blob: LinkedBlob) => boolean,
): number {
  if (counter === undefined) return 0
  const { backfill_complete, counted_to } = counter
  return blobs
    .filter((blob) => isAlone(blob) && (backfill_complete === 1 || blob.id <= counted_to))
    .reduce((sum, blob) => sum + blob.size_bytes, 0)
}
