import {
  addManifestLabel,
  deleteManifestLabel,
  getManifestLabel,
  listManifestLabels,
} from '../../contract/labels.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { LabelService } from './label-service.ts'
import type { LabelRow } from './label-store.ts'

/** The labels of manifests (api-shapes, 13.3). */
export function labelApi({ labels }: { labels: LabelService }): readonly ApiRoute[] {
  return [
    route(listManifestLabels, async ({ repository, params, query }) => {
      const found = await labels.list(repository.id, params.manifestref, query.filter ?? '')
      return { labels: found.map(present) }
    }),

    route(addManifestLabel, async (call) => {
      const { key, value, media_type: mediaType } = call.body
      const { manifestref } = call.params
      const label = present(await labels.add(call, manifestref, { key, value, mediaType }))
      call.setHeader(
        'Location',
        `/api/v1/repository/${call.repository.full_name}/manifest/${manifestref}/labels/${label.id}`,
      )
      return { label }
    }),

    route(getManifestLabel, async ({ repository, params }) =>
      present(await labels.get(repository.id, params.manifestref, params.labelid)),
    ),

    route(deleteManifestLabel, async (call) => {
      await labels.delete(call, call.params.manifestref, call.params.labelid)
      return undefined
    }),
  ]
}

function present({ uuid, key, value, source_type, media_type }: LabelRow) {
  return { id: uuid, key, value, source_type, media_type }
}
