import type { Config } from '../../config/config.ts'
import { getManifestDetails } from '../../contract/interface-manifests.ts'
import { changeTags, listTagEvents, listTagRows } from '../../contract/interface-tags.ts'
import { reaches } from '../access/access-service.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import { isIndexMediaType } from '../manifests/manifest-media-types.ts'
import type { BulkService } from './bulk-service.ts'
import { parseInstant } from './parse-instant.ts'
import { presentOutcome } from './present-outcome.ts'
import { presentManifest } from './present-manifest.ts'
import { presentChild } from './present-child.ts'
import type { TagEventWish, TagEvents } from './tag-event-service.ts'
import type { TagEvent } from './tag-events.ts'
import type { TagRow, TagRows } from './tag-row-service.ts'
import type { createManifestDetails } from './manifest-details-service.ts'

const childrenShown = 100

/** Tags, their history and their manifests as pages show them. */
export function tagRowApi({
  rows,
  events,
  manifests,
  bulk,
  features: { imagePullStats },
}: {
  rows: TagRows
  events: TagEvents
  manifests: ReturnType<typeof createManifestDetails>
  bulk: BulkService
  features: Pick<Config['features'], 'imagePullStats'>
}): readonly ApiRoute[] {
  return [
    route(listTagRows, async ({ repository, query }) => {
      const page = await rows.list(repository.id, query)
      return { items: page.rows.map((row) => present(row, imagePullStats)), ...page.about }
    }),

    route(changeTags, async (call) => {
      const { action, expiration = null, tags = [], filter } = call.body
      const change = { action, expiration, mayClear: reaches(call.role, 'admin') }
      const chosen = await bulk.chooseTags(call.repository.id, { tags, filter })
      const outcomes = await bulk.changeTags(call, chosen.names, change)
      return { results: outcomes.map(presentOutcome(call.origin)), more: chosen.more }
    }),

    route(listTagEvents, async ({ repository, namespace, query }) => {
      const { from, to, ...wish } = query
      const asked: TagEventWish = { ...wish, from: parseInstant(from), to: parseInstant(to) }
      const windowMs = namespace.removed_tag_expiration_s * 1_000
      const page = await events.list(repository.id, windowMs, asked)
      return { items: page.rows.map(presentEvent), ...page.about }
    }),

    route(getManifestDetails, async ({ repository, params }) =>
      presentManifest(await manifests.get(repository.id, params.manifestref)),
    ),
  ]
}

function present(row: TagRow, countsPulls: boolean) {
  const isList = isIndexMediaType(row.media_type)
  const present = row.children.filter(({ isPresent }) => isPresent)
  const sizes = present.flatMap(({ sizeBytes }) => sizeBytes ?? [])
  const largest = sizes.length === 0 ? null : Math.max(...sizes)
  return {
    name: row.name,
    digest: row.digest,
    media_type: row.media_type,
    artifact_type: row.artifact_type,
    config_media_type: row.config_media_type,
    is_manifest_list: isList,
    size_bytes: isList ? largest : row.layers_size,
    smallest_bytes: isList ? (sizes.length === 0 ? null : Math.min(...sizes)) : row.layers_size,
    largest_bytes: isList ? largest : row.layers_size,
    children: row.children.slice(0, childrenShown).map(presentChild),
    child_count: row.children.length,
    present_child_count: present.length,
    is_sparse: present.length < row.children.length,
    last_modified: wireDate(row.lifetime_start_ms),
    expiration: wireDateOrNull(row.lifetime_end_ms),
    is_immutable: row.immutable === 1,
    is_signed: row.isSigned,
    last_pulled: wireDateOrNull(countsPulls ? row.last_pulled_at : null),
    pull_count: countsPulls ? (row.pull_count ?? 0) : null,
  }
}

function presentEvent({ change, name, at, digest, mediaType, ...event }: TagEvent) {
  return {
    ...{ change, name, digest, at: wireDate(at) },
    is_manifest_list: isIndexMediaType(mediaType),
    previous_digest: event.previousDigest,
    collected_at: wireDateOrNull(event.collectedAt),
  }
}
