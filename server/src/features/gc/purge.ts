import { setImmediate as otherWork } from 'node:timers/promises'

import type { Step } from '../../work/worker.ts'
import { accountStore } from '../accounts/account-store.ts'
import { deletedNamespaceStore } from '../accounts/deleted-namespace-store.ts'
import { namespaceDeletionStore } from '../accounts/namespace-deletion-store.ts'
import { pullStatisticsStore } from '../pull-statistics/pull-statistics-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import { uploadStore } from '../uploads/upload-store.ts'
import type { BlobCollection } from './blob-collection.ts'
import { blobGarbageStore } from './blob-garbage-store.ts'
import type { CollectorParts } from './collector-parts.ts'
import type { ManifestCollection } from './manifest-collection.ts'
import { manifestRemovalStore, type RemovedManifest } from './manifest-removal-store.ts'
import { purgeStore } from './purge-store.ts'
import { tagGarbageStore } from './tag-garbage-store.ts'

const tagsAtOnce = 200
const manifestsAtOnce = 20
const uploadsAtOnce = 50
const linksAtOnce = 200
const repositoriesAtOnce = 200
const namespacesAtOnce = 50

/** Takes deleted repositories and namespaces apart, a batch at a time. */
export function createPurge(
  parts: CollectorParts,
  blobs: BlobCollection,
  manifests: Pick<ManifestCollection, 'tell'>,
) {
  const { database, storage, clock, tally, quota, config, log } = parts
  const { repositoryGarbageCollection: alone, namespaceGarbageCollection: ofNamespaces } =
    config.features
  /** How far the repositories of a deleted namespace have been marked, by namespace. */
  const marked = new Map<number, number>()

  /** One batch. @returns whether the repository is empty. */
  async function empty(repositoryId: number): Promise<boolean> {
    const { db } = database
    const tags = await db.transaction().execute(async (tx) => {
      await tagStore(tx).lockRepository(repositoryId)
      return tagGarbageStore(tx).removeSome(repositoryId, tagsAtOnce)
    })
    if (tags > 0) {
      tally.rows('Tag', tags)
      return false
    }
    const statistics = await pullStatisticsStore(db).removeSome(repositoryId, tagsAtOnce)
    if (statistics > 0) {
      tally.rows('TagPullStatistics', statistics)
      return false
    }
    const removed: RemovedManifest[] = []
    await db.transaction().execute(async (tx) => {
      await tagStore(tx).lockRepository(repositoryId)
      const store = manifestRemovalStore(tx)
      for (const manifest of await store.listSome(repositoryId, manifestsAtOnce)) {
        removed.push(await store.remove(manifest, clock.now()))
      }
      await quota.removed(
        tx,
        repositoryId,
        removed.flatMap(({ blobIds }) => blobIds),
      )
    })
    if (removed.length > 0) {
      for (const manifest of removed) manifests.tell(manifest)
      return false
    }
    const uploads = await uploadStore(db).listOf(repositoryId, uploadsAtOnce)
    for (const { uuid } of uploads) {
      await storage.abort(uuid)
      await uploadStore(db).delete(uuid)
      tally.rows('BlobUpload', 1)
    }
    if (uploads.length > 0) return false
    const links = await blobGarbageStore(db).removeUploadsOf(repositoryId, linksAtOnce)
    if (links.length === 0) return true
    tally.rows('UploadedBlob', links.length)
    blobs.add(links)
    return false
  }

  /** Lists leave out what is marked, so this does not wait for the grace period. */
  async function markRepositories(namespaceId: number): Promise<void> {
    const name = await purgeStore(database.db).findUsername(namespaceId)
    if (name === undefined) return
    for (;;) {
      const last = await database.db
        .transaction()
        .execute((tx) =>
          namespaceDeletionStore(tx).markRepositories(
            namespaceId,
            name,
            marked.get(namespaceId) ?? 0,
            repositoriesAtOnce,
          ),
        )
      if (last === undefined) return
      marked.set(namespaceId, last)
      await otherWork()
    }
  }

  /** The last of a namespace whose repositories are gone. @returns whether something is left. */
  async function removeNamespace(id: number): Promise<boolean> {
    const isGone = await database.db.transaction().execute(async (tx) => {
      if (await purgeStore(tx).hasRepositories(id)) return false
      if (!(await namespaceDeletionStore(tx).removeLinked(id, linksAtOnce))) return false
      await accountStore(tx).delete(id)
      return true
    })
    if (isGone) {
      marked.delete(id)
      tally.rows('User', 1)
      tally.namespacePurged()
      log.info({ namespaceId: id }, 'namespace purged')
    }
    return !isGone
  }

  return {
    repositories: (async () => {
      if (!alone && !ofNamespaces) return 'idle'
      const id = await purgeStore(database.db).findRepository({ alone, ofNamespaces }, clock.now())
      if (id === undefined) return 'idle'
      if (await empty(id)) {
        await repositoryStore(database.db).delete(id)
        tally.rows('Repository', 1)
        tally.repositoryPurged()
        log.info({ repositoryId: id }, 'repository purged')
      }
      return 'more'
    }) satisfies Step,

    namespaces: (async () => {
      let found: 'more' | 'idle' = 'idle'
      let after = 0
      for (;;) {
        const page = await deletedNamespaceStore(database.db).list(after, namespacesAtOnce)
        for (const { namespace_user_id: id, purge_after } of page) {
          await markRepositories(id)
          if (!ofNamespaces || purge_after > clock.now()) continue
          if (await removeNamespace(id)) found = 'more'
        }
        const last = page.at(-1)
        if (last === undefined || page.length < namespacesAtOnce) return found
        after = last.namespace_user_id
      }
    }) satisfies Step,
  }
}
