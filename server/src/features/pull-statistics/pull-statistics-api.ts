import { getManifestPullStatistics, getTagPullStatistics } from '../../contract/pull-statistics.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDateOrNull } from '../api/wire-date.ts'
import type { PullStatistics } from './pull-statistics-service.ts'

/** Pull statistics of tags and manifests (api-shapes, 13.1 and 13.2). */
export function pullStatisticsApi({
  statistics,
}: {
  statistics: PullStatistics
}): readonly ApiRoute[] {
  return [
    route(getTagPullStatistics, async ({ repository, params }) => {
      const { digest, count, last, manifest } = await statistics.ofTag(repository.id, params.tag)
      return {
        tag_name: params.tag,
        tag_pull_count: count,
        last_tag_pull_date: wireDateOrNull(last),
        current_manifest_digest: digest,
        manifest_pull_count: manifest.count,
        last_manifest_pull_date: wireDateOrNull(manifest.last),
      }
    }),

    route(getManifestPullStatistics, async ({ repository, params }) => {
      const { digest, count, last } = await statistics.ofDigest(repository.id, params.manifestref)
      return {
        manifest_digest: digest,
        manifest_pull_count: count,
        last_manifest_pull_date: wireDateOrNull(last),
      }
    }),
  ]
}
