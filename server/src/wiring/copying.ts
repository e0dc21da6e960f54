import { createBlobFetches } from '../features/copying/blob-fetch-service.ts'
import type { BlobFetches } from '../features/copying/blob-fetch.ts'
import { createCopier } from '../features/copying/copy-service.ts'
import type { Copier } from '../features/copying/copy.ts'
import { sweepBlobFetches } from '../features/copying/sweep-blob-fetches.ts'
import { createManifestPush } from '../features/manifests/manifest-push-service.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import type { AccountServices } from './accounts.ts'
import type { Parts } from '../wiring.ts'
import { Worker } from '../work/worker.ts'

/** How content comes here from elsewhere: for mirrors, proxy caches and bundles. */
export interface Copying {
  readonly fetches: BlobFetches
  readonly copier: Copier
  readonly workers: readonly Worker[]
}

export function wireCopying(parts: Parts, people: AccountServices): Copying {
  const { config, database, storage, clock, random, log } = parts
  const { maximumLayerBytes, pushTempTagExpirationMs: holdMs, features } = config
  const fetches = createBlobFetches({
    ...{ database, storage, clock, random, maximumLayerBytes },
    linkLifeMs: holdMs,
  })
  const acceptsSparse = features.sparseIndex
  const push = createManifestPush({
    ...{ database, storage, clock, random, acceptsSparse, holdMs },
    tagChanges: people.tagRules.tagChanges,
    tagPolicies: people.tagRules.tagPolicies,
    quota: people.quotaAccounting,
    acceptsOci: features.generalOciSupport,
  })
  const copier = createCopier({
    ...{ database, storage, clock, fetches, push, acceptsSparse, holdMs },
    indexLimits: config.mirrors.indexLimits,
    elapsed: startStopwatch(),
  })
  const sweep = new Worker({
    name: 'blob-fetch-sweep',
    step: sweepBlobFetches({
      ...{ db: database.db, storage, fetches, clock, log },
      lifeMs: config.uploadLifetimeMs,
    }),
    everyMs: config.uploadCleanupEveryMs,
    log,
    stopped: () => fetches.close(),
    // The end of it would end the fetches.
    pausing: 'after-batch',
  })
  return { fetches, copier, workers: [sweep] }
}
