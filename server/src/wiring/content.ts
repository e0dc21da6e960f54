import { createFreezeService } from '../features/immutability/freeze-service.ts'
import { immutabilityApi } from '../features/immutability/immutability-api.ts'
import { createPolicyService } from '../features/immutability/policy-service.ts'
import { labelApi } from '../features/labels/label-api.ts'
import { createLabelService } from '../features/labels/label-service.ts'
import { manifestApi } from '../features/manifests/manifest-api.ts'
import { createManifestContent } from '../features/manifests/manifest-content.ts'
import { createManifestViewService } from '../features/manifests/manifest-view-service.ts'
import { pullStatisticsApi } from '../features/pull-statistics/pull-statistics-api.ts'
import { tagApi } from '../features/tags/tag-api.ts'
import { createTagEditService } from '../features/tags/tag-edit-service.ts'
import { createTagListService } from '../features/tags/tag-list-service.ts'
import { createTagPurgeService } from '../features/tags/tag-purge-service.ts'
import { Worker } from '../work/worker.ts'
import type { Area, Foundation } from './area.ts'

const addPullsEveryMs = 5_000

/** Tags, manifests, labels and immutability. */
export function wireContent({ parts, people }: Foundation): Area {
  const { config, database, storage, clock, random } = parts
  const { db } = database
  const { audit, tagRules } = people
  const { tagChanges, tagPolicies, matcher } = tagRules
  const { immutableTagsCanExpire } = config.features

  const tags = tagApi({
    lists: createTagListService({ db, clock }),
    edits: createTagEditService({ clock, audit, tagChanges, tagPolicies, config }),
    purges: createTagPurgeService({ database, clock, audit, tagChanges, immutableTagsCanExpire }),
    features: config.features,
  })
  const content = createManifestContent(db)
  const manifests = manifestApi({
    views: createManifestViewService({ db, storage, content, clock }),
  })
  const labels = labelApi({
    labels: createLabelService({
      ...{ db, clock, random, audit },
      reservedPrefixes: config.labelKeyReservedPrefixes,
    }),
  })
  const keepsExpiry = immutableTagsCanExpire
  const freezing = createFreezeService({ database, clock, matcher, keepsExpiry })
  const immutability = immutabilityApi({
    policies: createPolicyService({ db, random, audit, freezing }),
  })
  const statistics = pullStatisticsApi({ statistics: people.pullStatistics })
  const counting = new Worker({
    name: 'pull-statistics',
    step: () => people.pullStatistics.write(),
    everyMs: addPullsEveryMs,
    log: parts.log,
  })
  return {
    routes: [...tags, ...manifests, ...labels, ...immutability, ...statistics],
    workers: config.features.imagePullStats ? [counting] : [],
  }
}
