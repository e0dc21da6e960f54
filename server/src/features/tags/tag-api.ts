import type { Config } from '../../config/config.ts'
import {
  changeTag,
  deleteFullTag,
  listRepoTags,
  removeTagFromTimemachine,
  restoreTag,
} from '../../contract/tags.ts'
import { Problem } from '../../problem.ts'
import { reaches } from '../access/access-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import type { TagEditService } from './tag-edit-service.ts'
import type { ListedTag, TagListService } from './tag-list-service.ts'
import type { TagPurgeService } from './tag-purge-service.ts'

/** The tags of a repository (api-shapes, 13.1). */
export function tagApi({
  lists,
  edits,
  purges,
  features: { immutableTags },
}: {
  lists: TagListService
  edits: TagEditService
  purges: TagPurgeService
  features: Pick<Config['features'], 'immutableTags'>
}): readonly ApiRoute[] {
  return [
    route(listRepoTags, async ({ repository, namespace, query }) => {
      const { tags, page, hasMore } = await lists.list(repository.id, windowOf(namespace), {
        onlyActive: query.onlyActiveTags === true,
        specificTag: query.specificTag,
        nameFilter: query.filter_tag_name,
        page: query.page,
        limit: query.limit,
      })
      return { tags: tags.map((tag) => present(tag, immutableTags)), page, has_additional: hasMore }
    }),

    route(changeTag, async (call) => {
      const { expiration, immutable, manifest_digest: manifestDigest } = call.body
      const mayClear = reaches(call.role, 'admin')
      await edits.update(call, call.params.tag, { expiration, immutable, manifestDigest }, mayClear)
      return 'Updated' as const
    }),

    route(deleteFullTag, async (call) => {
      await edits.delete(call, call.params.tag)
      return undefined
    }),

    route(restoreTag, async (call) => {
      const { manifest_digest: digest } = call.body
      if (digest === undefined || digest === '') {
        throw new Problem('request-invalid', { message: 'Missing manifest_digest' })
      }
      await edits.restore(call, call.params.tag, digest, windowOf(call.namespace))
      return {}
    }),

    route(removeTagFromTimemachine, async (call) => {
      const { manifest_digest: digest, is_alive: isAlive, include_submanifests } = call.body
      const windowMs = windowOf(call.namespace)
      const withChildren = include_submanifests === true
      const purge = { tag: call.params.tag, digest, windowMs, withChildren }
      if (isAlive) {
        await purges.purgeLive(call, purge)
      } else if (digest === undefined || digest === '') {
        const message = 'manifest_digest required when is_alive set to false'
        throw new Problem('request-invalid', { message })
      } else {
        await purges.purgeHistory(call, purge)
      }
      return '' as const
    }),
  ]
}

function windowOf(namespace: AccountRow): number {
  return namespace.removed_tag_expiration_s * 1_000
}

function present(tag: ListedTag, showsImmutable: boolean) {
  const { lifetime_start_ms: start, lifetime_end_ms: end, children } = tag
  return {
    name: tag.name,
    reversion: tag.reversion === 1,
    ...(showsImmutable && { immutable: tag.immutable === 1 }),
    start_ts: Math.floor(start / 1_000),
    ...(end !== null && { end_ts: Math.floor(end / 1_000), expiration: wireDate(end) }),
    manifest_digest: tag.digest,
    is_manifest_list: isIndexMediaType(tag.media_type),
    size: tag.layers_size,
    last_modified: wireDate(start),
    ...(children && presentChildren(children)),
  }
}

function presentChildren(children: NonNullable<ListedTag['children']>) {
  const present = children.filter(({ isPresent }) => isPresent).length
  return {
    is_sparse: present < children.length,
    child_manifest_count: children.length,
    present_child_count: present,
    child_manifests_presence: Object.fromEntries(
      children.map(({ digest, isPresent }) => [digest, isPresent]),
    ),
  }
}
