import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import path from 'node:path'

import type { Config } from '../config/config.ts'
import type { Database } from '../db/open.ts'
import { createBundleInspection } from '../features/bundles/bundle-inspection-service.ts'
import { createBundleJobs } from '../features/bundles/bundle-job-service.ts'
import { createBundleList } from '../features/bundles/bundle-list-service.ts'
import { createBundlePlaces } from '../features/bundles/bundle-places.ts'
import { createBundleSources } from '../features/bundles/bundle-sources.ts'
import { createBundleTrust } from '../features/bundles/trust-service.ts'
import { createBundleUploads } from '../features/bundles/bundle-upload-service.ts'
import { createContentImport } from '../features/bundles/import-content.ts'
import { createEncryptionKeys } from '../features/bundles/encryption-key-service.ts'
import { createExportRun } from '../features/bundles/export-run.ts'
import { createImportFacts } from '../features/bundles/import-facts.ts'
import { createImportPreparation } from '../features/bundles/import-preparation.ts'
import { createImportRun } from '../features/bundles/import-run.ts'
import { createJobSecrets } from '../features/bundles/job-secrets.ts'
import { createKeptBundles } from '../features/bundles/kept-bundles-service.ts'
import { createBundlePlans } from '../features/bundles/plan-service.ts'
import { createBundleReceipts } from '../features/bundles/receipt-service.ts'
import { createMissingContents } from '../features/bundles/missing-content-service.ts'
import { createSavedSelections } from '../features/bundles/saved-selection-service.ts'
import { createSelectionSchedule } from '../features/bundles/selection-schedule-service.ts'
import { createSigningKeys } from '../features/bundles/signing-key-service.ts'
import { createUpstreamImages } from '../features/bundles/upstream-images-service.ts'
import { createUpstreamPlans } from '../features/bundles/upstream-plan-service.ts'
import { createVerifyRun } from '../features/bundles/verify-run.ts'
import { createVolumeKeys } from '../features/bundles/volume-keys.ts'
import type { BlobFetches } from '../features/copying/blob-fetch.ts'
import { createCopier } from '../features/copying/copy-service.ts'
import { createManifestContent } from '../features/manifests/manifest-content.ts'
import { createMissedPulls } from '../features/proxy-cache/missed-pull-service.ts'
import { createManifestPush } from '../features/manifests/manifest-push-service.ts'
import type { Clock } from '../platform/clock.ts'
import type { EventBus } from '../platform/event-bus.ts'
import type { Logger } from '../platform/logger.ts'
import { startStopwatch } from '../platform/stopwatch.ts'
import type { Random } from '../platform/random.ts'
import type { BlobStorage } from '../storage/storage.ts'
import type { UpstreamClient } from '../upstream/upstream.ts'
import type { AccountServices } from './accounts.ts'

export type BundleParts = ReturnType<typeof createBundleParts>

/** What plans, writes and brings in bundles: for the server, and for the command line. */
export function createBundleParts({
  config,
  database,
  storage,
  clock,
  random,
  log,
  people,
  bus,
  client,
  fetches,
  isCommand = false,
}: {
  config: Config
  database: Database
  storage: BlobStorage
  clock: Clock
  random: Random
  log: Logger
  people: AccountServices
  bus?: EventBus
  /** Of other registries. */
  client: UpstreamClient
  fetches: BlobFetches
  /** Whoever has a shell may name any path. */
  isCommand?: boolean
}) {
  const { db } = database
  const { features, pushTempTagExpirationMs: holdMs, dataDir } = config
  const { accounts, organizations, repositories, audit, tagRules } = people
  const folder = path.join(dataDir, 'bundle-jobs')
  const owner = ownerOf(dataDir)
  const content = createManifestContent(db)
  const places = createBundlePlaces({ roots: config.bundlePaths })
  const signing = createSigningKeys({ db, random, secretBox: people.secretBox })
  const encryption = createEncryptionKeys({ db, secretBox: people.secretBox })
  const trust = createBundleTrust({ db, clock, signing })
  const uploads = createBundleUploads({
    folder: path.join(dataDir, 'bundle-uploads'),
    clock,
    random,
  })
  const bounded = isCommand ? {} : { places }
  const sources = createBundleSources({ trust, encryption, uploads, ...bounded })
  const plans = createBundlePlans({ db, content, clock, random, signing, config })
  const facts = createImportFacts({ db, clock, accounts, config })
  const preparation = createImportPreparation({ db, storage, facts, config })
  const pushing = {
    ...{ database, storage, clock, random, holdMs },
    tagChanges: tagRules.tagChanges,
    tagPolicies: tagRules.tagPolicies,
    quota: people.quotaAccounting,
    acceptsOci: features.generalOciSupport,
  }
  const push = createManifestPush({ ...pushing, acceptsSparse: features.sparseIndex })
  const contentImport = createContentImport({
    ...{ database, clock, random, accounts, organizations, repositories, push, audit, config },
    tagChanges: tagRules.tagChanges,
    tagPolicies: tagRules.tagPolicies,
  })
  const copier = createCopier({
    ...{ database, storage, clock, fetches, holdMs },
    // What waits to be written is for the bundle alone, whatever this registry serves.
    push: createManifestPush({ ...pushing, acceptsSparse: true }),
    acceptsSparse: true,
    indexLimits: config.mirrors.indexLimits,
    elapsed: startStopwatch(),
  })
  const images = createUpstreamImages({
    ...{ client, copier, database, clock },
    requireRepository: contentImport.requireRepository,
  })
  const upstreamPlans = createUpstreamPlans({ plans, images })
  const exports = createExportRun({
    ...{ db, storage, content, clock, random, signing, folder },
    ...{ plans: upstreamPlans, media: places, log, ...bounded },
    kept: createKeptBundles({ db, log, audit }),
    volumeKeys: createVolumeKeys({ folder, secretBox: people.secretBox }),
  })
  const jobs = createBundleJobs({
    ...{ db, clock, random, log, bus, folder, accounts },
    // A server leaves the jobs of commands alone: they name paths that it may not use.
    owner: `${isCommand ? 'command' : 'server'}-${owner}`,
    secrets: createJobSecrets({ folder, secretBox: people.secretBox }),
    discards: { export: exports.discard },
    runners: {
      export: exports.work,
      import: createImportRun({
        ...{ database, storage, clock, random, sources, preparation, facts, signing },
        content: contentImport,
        maximumLayerBytes: config.maximumLayerBytes,
      }),
      verify: createVerifyRun({ sources, trust, encryption }),
    },
  })
  const { notifications, secretBox } = people
  // Read only: what was counted is another's to write.
  const missedPulls = createMissedPulls({ db, clock, random, isReadOnly: () => true })
  const selections = createSavedSelections({
    ...{ db, clock, random, jobs, places, secretBox, notifications, owner },
    host: config.serverHostname.toLowerCase(),
  })
  return {
    selections,
    schedule: createSelectionSchedule({
      ...{ db, clock, log, jobs, selections, notifications, owner, config },
    }),
    ...{ places, signing, trust, encryption, uploads, sources, jobs },
    plans: upstreamPlans,
    list: createBundleList({ db, places, encryption }),
    missing: createMissingContents({ db, content, clock, config, missedPulls }),
    receipts: createBundleReceipts({
      ...{ db, storage, clock, signing, trust, config },
      missedPulls,
    }),
    inspection: createBundleInspection({ sources, preparation }),
  }
}

/** The same for a server and the commands on its data. */
function ownerOf(dataDir: string): string {
  return createHash('sha256').update(`${hostname()}\n${dataDir}`).digest('hex').slice(0, 32)
}
