import { getRepoManifest } from '../../contract/manifests.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDateOrNull } from '../api/wire-date.ts'
import type { ImageLayer } from './image-layers.ts'
import type { ManifestViewService } from './manifest-view-service.ts'

/** Manifests as people look at them (api-shapes, 13.2). */
export function manifestApi({ views }: { views: ManifestViewService }): readonly ApiRoute[] {
  return [
    route(getRepoManifest, async ({ repository, params }) => {
      const { manifest, isIndex, text, layers } = await views.get(repository.id, params.manifestref)
      return {
        digest: manifest.digest,
        is_manifest_list: isIndex,
        manifest_data: text,
        config_media_type: manifest.config_media_type,
        layers_compressed_size: manifest.layers_size,
        layers: layers?.map(present) ?? null,
      }
    }),
  ]
}

function present(layer: ImageLayer, index: number) {
  return {
    index,
    compressed_size: layer.sizeBytes,
    is_remote: layer.isRemote,
    urls: layer.urls === undefined ? null : [...layer.urls],
    command: layer.command === undefined ? null : [...layer.command],
    comment: layer.comment ?? null,
    author: layer.author ?? null,
    blob_digest: layer.digest,
    created_datetime: wireDateOrNull(layer.created ?? null),
  }
}
