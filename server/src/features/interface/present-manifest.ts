import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import {
  referrersAtMost,
  tagsAtMost,
  type DetailedLayer,
  type ManifestDetails,
} from './manifest-details-service.ts'
import { presentChild } from './present-child.ts'

/** A manifest and everything about it as its page shows it. */
export function presentManifest(details: ManifestDetails) {
  const { row, descriptor, referrers, tags } = details
  return {
    digest: row.digest,
    media_type: row.media_type,
    artifact_type: row.artifact_type,
    is_manifest_list: details.isIndex,
    manifest_bytes: row.size_bytes,
    layers_bytes: details.isIndex ? null : row.layers_size,
    manifest: details.text,
    config: descriptor ? presentDescriptor(descriptor) : null,
    config_data: details.config ?? null,
    annotations: details.annotations,
    subject: row.subject_digest,
    layers: details.layers.map(presentLayer),
    children: details.children.map(presentChild),
    labels: details.labels.map(({ uuid, key, value, source_type, media_type }) => ({
      ...{ id: uuid, key, value, source_type, media_type },
    })),
    referrers: referrers.slice(0, referrersAtMost).map((referrer) => ({
      digest: referrer.digest,
      media_type: referrer.media_type,
      size_bytes: referrer.size_bytes,
      artifact_type: referrer.artifact_type,
      annotations: referrer.annotations,
    })),
    referrers_capped: referrers.length > referrersAtMost,
    tags: tags.slice(0, tagsAtMost),
    tags_capped: tags.length > tagsAtMost,
    is_signed: details.isSigned,
    created: wireDate(row.created_at),
  }
}

function presentDescriptor(descriptor: { digest: string; mediaType: string; size: number }) {
  return {
    digest: descriptor.digest,
    media_type: descriptor.mediaType,
    size_bytes: descriptor.size,
  }
}

function presentLayer(layer: DetailedLayer, index: number) {
  const { mediaType, command } = layer
  const isEmpty = mediaType === undefined
  return {
    index,
    instruction: command === undefined ? null : command.join(' '),
    comment: layer.comment ?? null,
    author: layer.author ?? null,
    created: wireDateOrNull(layer.created ?? null),
    is_empty: isEmpty,
    digest: isEmpty ? null : layer.digest,
    media_type: mediaType ?? null,
    size_bytes: isEmpty ? 0 : layer.sizeBytes,
    cumulative_bytes: layer.cumulativeBytes,
    is_remote: layer.isRemote,
    urls: [...(layer.urls ?? [])],
  }
}
