import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { parseDigest } from '../../storage/digest.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { Step } from '../../work/worker.ts'
import type { ProxiedBlobs } from './proxied-blob-service.ts'
import { proxiedBlobStore } from './proxied-blob-store.ts'

const atOnce = 3
const batchSize = 30
const retryAfterMs = 30 * 60_000

/**
 * Fetches what cached manifests name and nobody has asked for yet, so that the next pull needs no
 * upstream. What fails for a passing reason is tried again; all else waits for a client to ask.
 */
export function createBlobCompletion({
  db,
  clock,
  repositories,
  blobs,
}: {
  db: Db
  clock: Clock
  repositories: Pick<RepositoryService, 'listByIds'>
  blobs: Pick<ProxiedBlobs, 'fetch'>
}) {
  const store = proxiedBlobStore(db)
  type Due = Awaited<ReturnType<typeof store.listDue>>[number]

  async function complete(due: Due, home: RepositoryRow | undefined, stopping: AbortSignal) {
    const { repository_id, digest, size_bytes } = due
    if (home === undefined) {
      await store.setDue(repository_id, digest, null)
      return
    }
    try {
      await unlessStopped(blobs.fetch(home, parseDigest(digest), size_bytes), stopping)
      // Gone from the list, unless its bytes were taken away again in the same moment.
      await store.setDue(repository_id, digest, null)
    } catch (error) {
      if (stopping.aborted) return
      const isPassing = error instanceof UpstreamFault && passing.has(error.code)
      await store.setDue(repository_id, digest, isPassing ? clock.now() + retryAfterMs : null)
    }
  }

  return {
    isDue: async (): Promise<boolean> => (await store.listDue(clock.now(), 1)).length > 0,

    step: (async (stopping = new AbortController().signal) => {
      const due = await store.listDue(clock.now(), batchSize)
      const ids = [...new Set(due.map((row) => row.repository_id))]
      const homes = new Map((await repositories.listByIds(ids)).map((row) => [row.id, row]))
      const left = due.values()
      const work = async () => {
        for (const row of left) {
          if (stopping.aborted) return
          await complete(row, homes.get(row.repository_id), stopping)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      return due.length === batchSize ? 'more' : 'idle'
    }) satisfies Step,
  }
}

const passing: ReadonlySet<string> = new Set([
  'network_timeout',
  'connection_error',
  'tls_error',
  'rate_limited',
])

async function unlessStopped(work: Promise<void>, stopping: AbortSignal): Promise<void> {
  const stopped = Promise.withResolvers<never>()
  const onAbort = () => {
    stopped.reject(stopping.reason as Error)
  }
  stopping.addEventListener('abort', onAbort, { once: true })
  if (stopping.aborted) onAbort()
  try {
    await Promise.race([work, stopped.promise])
  } finally {
    stopping.removeEventListener('abort', onAbort)
  }
}
