import type { OpenBundle } from '../../bundles/bundle.ts'
import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { Digest } from '../../storage/digest.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { OrganizationService } from '../accounts/organization-service.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { identityKeys } from '../audit/identity-keys.ts'
import { blobStore, inBatches } from '../blobs/blob-store.ts'
import type { TagPolicies } from '../immutability/tag-policies-service.ts'
import { findImageLife } from '../labels/image-label-service.ts'
import type { createManifestPush } from '../manifests/manifest-push-service.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import type { RepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import type { TagChanges } from '../tags/tag-changes-service.ts'
import { isLive } from '../tags/tag-service.ts'
import { tagStore } from '../tags/tag-store.ts'
import type { DoomedTag } from './import-deletions.ts'
import { createOpenedClosures } from './opened-closure.ts'
import {
  isTaken,
  type ImportFacts,
  type PlannedEntry,
  type PlannedRepository,
} from './import-plan.ts'
import { pinStore } from './pin-store.ts'

export interface ContentParts {
  readonly database: Database
  readonly clock: Clock
  readonly random: Random
  readonly accounts: Pick<AccountService, 'findNamespace' | 'find'>
  readonly organizations: Pick<OrganizationService, 'create'>
  readonly repositories: Pick<RepositoryService, 'findOrCreate'>
  readonly push: ReturnType<typeof createManifestPush>
  readonly tagPolicies: TagPolicies
  readonly tagChanges: TagChanges
  readonly audit: Pick<AuditLog, 'recordIn'>
  readonly config: Pick<Config, 'superUsers' | 'pushTempTagExpirationMs'>
}

const deletionsAtOnce = 50

/** An image that was asked for by its digest has no tag to stay for. */
const untaggedLifeMs = 10 * 365 * 24 * 3_600_000

export type ContentImport = ReturnType<typeof createContentImport>

/** The last moves of an import: repositories, manifests, and then the tags of each together. */
export function createContentImport(parts: ContentParts) {
  const { database, clock, random, push, tagPolicies, tagChanges, audit } = parts

  async function requireNamespace(name: string, by: Actor) {
    const found = await parts.accounts.findNamespace(name)
    if (found !== undefined) return found
    const creator = await creatorOf(by)
    try {
      return await parts.organizations.create({ name }, creator, by)
    } catch (error) {
      const raced = await parts.accounts.findNamespace(name)
      if (raced === undefined) throw error
      return raced
    }
  }

  /** Somebody has to be the first member of a new organization. */
  async function creatorOf({ principal }: Actor): Promise<number> {
    if (principal !== 'system' && principal.kind === 'user') return principal.id
    for (const name of parts.config.superUsers) {
      const account = await parts.accounts.find(name)
      if (account?.organization === 0 && account.robot === 0) return account.id
    }
    throw new Problem('rule-violated', {
      message:
        'Nobody could own a new organization: name a superuser in SUPER_USERS, or create the organization first.',
    })
  }

  async function requireRepository(name: RepositoryName, by: Actor): Promise<RepositoryRow> {
    const namespace = await requireNamespace(name.namespace, by)
    return parts.repositories.findOrCreate({ name, namespace, visibility: 'private' }, by)
  }

  /** Makes blobs that are here visible in the repository, as an upload would. */
  async function linkBlobs(repositoryId: number, digests: readonly Digest[]): Promise<void> {
    await database.db.transaction().execute(async (tx) => {
      const now = clock.now()
      const ids = await pinStore(tx).findBlobs(digests)
      const until = now + parts.config.pushTempTagExpirationMs
      for (const digest of digests) {
        const id = ids.get(digest)
        const isLinked =
          id !== undefined && (await blobStore(tx).link(repositoryId, id, now, until))
        if (!isLinked)
          throw new Error(`The blob ${digest} is not here any more. Resume the import.`)
      }
    })
  }

  async function pushManifests(
    repository: RepositoryRow,
    { closure, entry, tag }: PlannedEntry,
    bundle: OpenBundle,
    pushed: Set<Digest>,
    by: Actor,
  ): Promise<void> {
    const closures = createOpenedClosures(bundle)
    for (const digest of closure.manifests) {
      if (pushed.has(digest)) continue
      const { blobs } = await closures.read(digest)
      await linkBlobs(
        repository.id,
        blobs.map((blob) => blob.digest),
      )
      const { bytes, mediaType } = await bundle.manifest(digest)
      const isOwn = digest === entry.digest && tag === undefined
      await push({
        repositoryId: repository.id,
        reference: { kind: 'digest', digest },
        tags: [],
        contentType: mediaType,
        bytes,
        record: async (tx) => {
          if (isOwn) await recordPush(tx, repository, by, digest, mediaType, bundle)
        },
      })
      pushed.add(digest)
    }
  }

  const recordPush = async (
    tx: Db,
    repository: RepositoryRow,
    by: Actor,
    tag: string,
    mediaType: string,
    bundle: OpenBundle,
  ) => {
    const { repositoryId, account, about } = subjectOf(repository)
    const { principal } = by
    await audit.recordIn(tx, {
      ...{ kind: 'push_repo', account, actor: by, repositoryId },
      metadata: {
        ...about,
        'user-agent': '',
        ...(principal !== 'system' && identityKeys(principal)),
        ...{ tag, mediaType, bundle: bundle.description.id },
      },
    })
  }

  /** Images without a tag are held, but not for ever: nobody would see what keeps them. */
  async function holdUntagged(repositoryId: number, entries: readonly PlannedEntry[]) {
    const roots = entries.filter(({ tag, entry }) => tag === undefined && entry.role === 'root')
    if (roots.length === 0) return
    await database.db.transaction().execute(async (tx) => {
      const now = clock.now()
      for (const { entry } of roots) {
        const manifest = await manifestStore(tx).findByDigest(repositoryId, entry.digest)
        if (manifest === undefined) continue
        await tagStore(tx).insertHold({
          ...{ repositoryId, manifestId: manifest.id, name: `$bundle-${random.uuid()}` },
          ...{ start: now, end: now + untaggedLifeMs },
        })
      }
    })
  }

  /** @returns names of tags that became immutable in the last moment and stay as they are. */
  async function moveTags(
    repository: RepositoryRow,
    entries: readonly PlannedEntry[],
    bundle: OpenBundle,
    by: Actor,
  ): Promise<ReadonlySet<string>> {
    const moving = entries.filter(
      ({ tag, what }) => tag !== undefined && (what === 'new' || what === 'moved'),
    )
    const refused = new Set<string>()
    if (moving.length === 0) return refused
    const names = moving.flatMap(({ tag }) => tag ?? [])
    await tagPolicies.change(repository.id, names, async (tx, { state, frozen }) => {
      refused.clear()
      if (state !== 'NORMAL') {
        throw new Problem('rule-violated', {
          message: `${repository.full_name} takes no pushes any more.`,
        })
      }
      const now = clock.now()
      for (const { tag, entry } of moving) {
        if (tag === undefined) continue
        const manifest = await manifestStore(tx).findByDigest(repository.id, entry.digest)
        if (manifest === undefined) throw new Error(`${entry.digest} is not here any more.`)
        const immutable = await tagChanges.findImmutable(tx, repository.id, [tag], now)
        if (immutable !== undefined) {
          refused.add(tag)
          continue
        }
        const life = await findImageLife(tx, manifest.id)
        const target = { repositoryId: repository.id, name: tag, manifestId: manifest.id }
        await tagChanges.point(tx, { ...target, isFrozen: frozen.has(tag), life }, now)
        await recordPush(tx, repository, by, tag, entry.mediaType, bundle)
      }
    })
    return refused
  }

  /** Ends tags that are what they were when somebody chose to. @returns references that stayed. */
  async function endTags(
    repository: RepositoryRow,
    tags: readonly DoomedTag[],
    by: Actor,
  ): Promise<readonly string[]> {
    const { repositoryId, account, about } = subjectOf(repository)
    const spared: string[] = []
    for (const some of inBatches(tags, deletionsAtOnce)) {
      await tagPolicies.change(repositoryId, [], async (tx, { state }) => {
        const now = clock.now()
        for (const { name, digest, reference } of some) {
          const current = await tagStore(tx).findCurrent(repositoryId, name)
          const isSame =
            isLive(current, now) &&
            (await tagStore(tx).findDigestOf(current.manifest_id)) === digest
          if (state !== 'NORMAL' || !isSame || current.immutable === 1) {
            spared.push(reference)
            continue
          }
          await tagChanges.end(tx, repositoryId, name, now)
          await audit.recordIn(tx, {
            kind: 'delete_tag',
            ...{ account, actor: by, repositoryId, metadata: { ...about, tag: name } },
          })
        }
      })
    }
    await database.flush()
    return spared
  }

  return {
    endTags,
    requireRepository,

    /** Safe to repeat: what is done already is found done. @returns tags that were kept after all. */
    async bring(
      planned: PlannedRepository,
      bundle: OpenBundle,
      facts: Pick<ImportFacts, 'areAllHere'>,
      by: Actor,
      signal: AbortSignal,
    ): Promise<ReadonlySet<string>> {
      const taken = planned.entries.filter(isTaken)
      if (planned.name === undefined || taken.length === 0) return new Set()
      const repository = planned.row ?? (await requireRepository(planned.name, by))
      const pushed = new Set<Digest>()
      for (const one of taken) {
        signal.throwIfAborted()
        const isHere = await facts.areAllHere(repository.id, one.closure.manifests)
        if (!isHere || one.what !== 'unchanged') {
          await pushManifests(repository, one, bundle, pushed, by)
        }
      }
      await holdUntagged(
        repository.id,
        taken.filter(({ what }) => what !== 'unchanged'),
      )
      const refused = await moveTags(repository, taken, bundle, by)
      await database.flush()
      return refused
    },
  }
}
