import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { BlobFile, BlobStorage } from '../../storage/storage.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { blobStore, type BlobRow } from './blob-store.ts'

export type BlobService = ReturnType<typeof createBlobService>

/** How many repositories an anonymous mount looks into before it gives up and asks for an upload. */
const mountCandidates = 200

export function createBlobService({
  database,
  storage,
  clock,
  linkLifeMs,
}: {
  database: Database
  storage: BlobStorage
  clock: Clock
  /** How long an uploaded or mounted blob stays without a manifest. */
  linkLifeMs: number
}) {
  const blobs = blobStore(database.db)

  return {
    find: (repositoryId: number, digest: Digest): Promise<BlobRow | undefined> =>
      blobs.findVisible(repositoryId, digest, clock.now()),

    open: (digest: Digest): Promise<BlobFile> => storage.open(digest),

    /** Links a blob from one repository into another. Durable when it returns true. */
    async mount(
      digest: Digest,
      fromRepositoryId: number,
      toRepositoryId: number,
    ): Promise<boolean> {
      const now = clock.now()
      const blob = await blobs.findVisible(fromRepositoryId, digest, now)
      if (blob === undefined) return false
      if (!(await blobs.link(toRepositoryId, blob.id, now, now + linkLifeMs))) return false
      await database.flush()
      return true
    },

    /** Repositories from which a blob could be mounted; the caller checks who may read them. */
    async listHolders(digest: Digest): Promise<readonly number[]> {
      const blob = await blobs.find(digest)
      return blob ? blobs.listHolders(blob.id, clock.now(), mountCandidates) : []
    },

    /**
     * Takes a blob out of a repository. Its bytes stay until the sweep finds that nobody uses them;
     * manifests that were deleted but can still be restored keep it.
     * @throws Problem `blob-in-use` while a live manifest of the repository refers to it.
     */
    async unlink(repositoryId: number, digest: Digest): Promise<void> {
      await database.db.transaction().execute(async (tx) => {
        const now = clock.now()
        const store = blobStore(tx)
        const manifests = manifestStore(tx)
        const blob = await store.findVisible(repositoryId, digest, now)
        if (blob === undefined) throw new Problem('blob-unknown', { digest })
        for (const manifest of await manifests.listHolding(repositoryId, blob.id)) {
          if (await manifests.isAlive(repositoryId, manifest.id, now)) {
            throw new Problem('blob-in-use', { digest, manifest: manifest.digest })
          }
        }
        await store.unlink(repositoryId, blob.id)
      })
      await database.flush()
    },
  }
}
