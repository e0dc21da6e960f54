import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import { tagStore } from '../tags/tag-store.ts'
import type { ManifestContent } from './manifest-content.ts'
import { createManifestPush, type PushParts } from './manifest-push-service.ts'
import type { Reference } from './manifest-reference.ts'
import { manifestStore, type ManifestRow } from './manifest-store.ts'
import { parseManifest } from './parse-manifest.ts'

export type ManifestService = ReturnType<typeof createManifestService>

export function createManifestService(parts: PushParts & { readonly content: ManifestContent }) {
  const { database, content, clock, tagChanges } = parts
  const manifests = manifestStore(database.db)
  const tags = tagStore(database.db)

  return {
    /** @throws Problem `manifest-unknown`, or `tag-expired` when the tag was there once. */
    async require(repositoryId: number, reference: Reference): Promise<ManifestRow> {
      const now = clock.now()
      if (reference.kind === 'tag') {
        const manifest = await manifests.findByTag(repositoryId, reference.tag, now)
        if (manifest !== undefined) return manifest
        const once = await tags.hasHistory(repositoryId, reference.tag)
        throw new Problem(once ? 'tag-expired' : 'manifest-unknown', { tag: reference.tag })
      }
      const manifest = await manifests.findByDigest(repositoryId, reference.digest)
      if (manifest === undefined || !(await manifests.isAlive(repositoryId, manifest.id, now))) {
        throw new Problem('manifest-unknown', { digest: reference.digest })
      }
      return manifest
    },

    read: (manifest: ManifestRow): Promise<Buffer> => content.read(manifest.digest),

    push: createManifestPush(parts),

    /**
     * Ends a tag, or every tag on a digest; history keeps them until the time machine's window is
     * over. Immutable tags refuse it, and then nothing is deleted. Durable when it returns.
     */
    async delete(
      repositoryId: number,
      reference: Reference,
      record: (tx: Db, tags: readonly string[]) => Promise<void>,
    ): Promise<void> {
      await database.db.transaction().execute(async (tx) => {
        const now = clock.now()
        await tagStore(tx).lockRepository(repositoryId)
        if (reference.kind === 'tag') {
          await tagChanges.end(tx, repositoryId, reference.tag, now)
          await record(tx, [reference.tag])
        } else {
          await record(tx, await deleteByDigest(tx, repositoryId, reference.digest, now))
        }
      })
      await database.flush()
    },

    /**
     * The linux/amd64 manifest of an index, for clients that do not know indexes.
     * @param fetch brings a manifest here that is elsewhere still.
     */
    async findDefaultPlatform(
      repositoryId: number,
      index: ManifestRow,
      fetch: (digest: Digest) => Promise<void>,
    ) {
      const { children } = parseManifest(await content.read(index.digest), index.media_type)
      const child = children.find(
        ({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64',
      )
      if (child === undefined) return undefined
      const here = await manifests.findByDigest(repositoryId, child.digest)
      if (here !== undefined) return here
      await fetch(child.digest)
      return manifests.findByDigest(repositoryId, child.digest)
    },
  }

  async function deleteByDigest(tx: Db, repositoryId: number, digest: Digest, now: Instant) {
    const store = manifestStore(tx)
    const tags = tagStore(tx)
    const manifest = await store.findByDigest(repositoryId, digest)
    if (manifest === undefined || !(await store.isAlive(repositoryId, manifest.id, now))) {
      throw new Problem('manifest-unknown', { digest })
    }
    const live = await tags.listLiveOf(manifest.id, now)
    const immutable = live.find((tag) => tag.immutable === 1)
    if (immutable !== undefined) throw new Problem('tag-immutable', { tag: immutable.name })
    for (const tag of live) await tags.close(tag.id, now)
    await tags.closeHolds(manifest.id, now)
    await tagChanges.letGo(tx, repositoryId, manifest.id, now)
    return live.map((tag) => tag.name)
  }
}
