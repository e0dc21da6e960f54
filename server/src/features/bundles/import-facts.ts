import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { parseDigest, type Digest } from '../../storage/digest.ts'
import type { AccountService } from '../accounts/account-service.ts'
import { inBatches } from '../blobs/blob-store.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { quotaStore } from '../quota/quota-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { isLive } from '../tags/tag-service.ts'
import { tagStore } from '../tags/tag-store.ts'
import { bundleContentStore } from './bundle-content-store.ts'
import type { ImportFacts } from './import-plan.ts'

const digestsAtOnce = 400

/** How the registry stands to what a bundle brings. */
export function createImportFacts({
  db,
  clock,
  accounts,
  config,
}: {
  db: Db
  clock: Clock
  accounts: Pick<AccountService, 'findNamespace'>
  config: Pick<Config, 'quota'> & { readonly features: Pick<Config['features'], 'quotaManagement'> }
}): ImportFacts {
  const manifests = manifestStore(db)
  const tags = tagStore(db)
  const content = bundleContentStore(db)

  return {
    findRepository: (fullName) => repositoryStore(db).find(fullName),

    hasNamespace: async (name) => (await accounts.findNamespace(name)) !== undefined,

    async findTag(repositoryId, tag) {
      const current = await tags.findCurrent(repositoryId, tag)
      if (!isLive(current, clock.now())) return undefined
      const digest = await tags.findDigestOf(current.manifest_id)
      return digest === undefined ? undefined : { digest, isImmutable: current.immutable === 1 }
    },

    wasTaggedBefore: (repositoryId, tag, digest) =>
      content.wasTaggedBefore(repositoryId, tag, digest),

    async areAllHere(repositoryId, digests) {
      const present = await manifests.listPresent(repositoryId, digests)
      if (!digests.every((digest) => present.has(digest))) return false
      const top = digests.at(-1)
      const row = top && (await manifests.findByDigest(repositoryId, top))
      return row !== undefined && manifests.isAlive(repositoryId, row.id, clock.now())
    },

    async roomIn(namespace, blobs) {
      const limit = config.quota.defaultRejectBytes
      if (!config.features.quotaManagement || limit === undefined) {
        return undefined
      }
      const account = await accounts.findNamespace(namespace)
      const linked = new Set<Digest>()
      let used = 0
      if (account !== undefined) {
        const [counter] = await quotaStore(db).list('quotanamespacesize', [account.id])
        used = counter?.size_bytes ?? 0
        for (const some of inBatches([...blobs.keys()], digestsAtOnce)) {
          for (const digest of await content.listLinkedIn(account.id, some)) {
            linked.add(parseDigest(digest))
          }
        }
      }
      let added = 0
      for (const [digest, size] of blobs) if (!linked.has(digest)) added += size
      return added === 0 ? 0 : limit - used - added
    },
  }
}
