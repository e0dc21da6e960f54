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
import { createExportRun } from '../features/bundles/export-run.ts'
import { createImportFacts } from '../features/bundles/import-facts.ts'
import { createImportPreparation } from '../features/bundles/import-preparation.ts'
import { createImportRun } from '../features/bundles/import-run.ts'
import { createBundlePlans } from '../features/bundles/plan-service.ts'
import { createBundleReceipts } from '../features/bundles/receipt-service.ts'
import { createSigningKeys } from '../features/bundles/signing-key-service.ts'
import { createVerifyRun } from '../features/bundles/verify-run.ts'
import { createManifestContent } from '../features/manifests/manifest-content.ts'
import { createManifestPush } from '../features/manifests/manifest-push-service.ts'
import type { Clock } from '../platform/clock.ts'
import type { EventBus } from '../platform/event-bus.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { BlobStorage } from '../storage/storage.ts'
import type { AccountServices } from '../wiring.ts'

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
  /** Whoever has a shell may name any path. */
  isCommand?: boolean
}) {
  const { db } = database
  const { features, pushTempTagExpirationMs: holdMs, dataDir } = config
  const { accounts, organizations, repositories, audit, tagRules } = people
  const folder = path.join(dataDir, 'bundle-jobs')
  const content = createManifestContent(db)
  const places = createBundlePlaces({ roots: config.bundlePaths })
  const signing = createSigningKeys({ db, random, secretBox: people.secretBox })
  const trust = createBundleTrust({ db, clock, signing })
  const uploads = createBundleUploads({
    folder: path.join(dataDir, 'bundle-uploads'),
    clock,
    random,
  })
  const bounded = isCommand ? {} : { places }
  const sources = createBundleSources({ trust, uploads, ...bounded })
  const plans = createBundlePlans({ db, content, clock, random, signing, config })
  const facts = createImportFacts({ db, clock, accounts, config })
  const preparation = createImportPreparation({ db, storage, facts, config })
  const push = createManifestPush({
    ...{ database, storage, clock, random, holdMs },
    tagChanges: tagRules.tagChanges,
    tagPolicies: tagRules.tagPolicies,
    quota: people.quotaAccounting,
    acceptsOci: features.generalOciSupport,
    acceptsSparse: features.sparseIndex,
  })
  const contentImport = createContentImport({
    ...{ database, clock, random, accounts, organizations, repositories, push, audit, config },
    tagChanges: tagRules.tagChanges,
    tagPolicies: tagRules.tagPolicies,
  })
  const jobs = createBundleJobs({
    ...{ db, clock, random, log, bus, folder, accounts },
    owner: ownerOf(dataDir, isCommand),
    runners: {
      export: createExportRun({
        ...{ db, storage, content, clock, random, signing, plans, folder },
        ...bounded,
      }),
      import: createImportRun({
        ...{ database, storage, clock, random, sources, preparation, facts, signing },
        content: contentImport,
        maximumLayerBytes: config.maximumLayerBytes,
      }),
      verify: createVerifyRun({ sources, trust }),
    },
  })
  return {
    ...{ places, signing, trust, uploads, sources, plans, jobs },
    list: createBundleList({ db, places }),
    receipts: createBundleReceipts({ db, storage, clock, signing, trust, config }),
    inspection: createBundleInspection({ sources, preparation }),
  }
}

/** A server leaves the jobs of commands alone: they name paths that it may not use. */
function ownerOf(dataDir: string, isCommand: boolean): string {
  const place = createHash('sha256').update(`${hostname()}\n${dataDir}`).digest('hex')
  return `${isCommand ? 'command' : 'server'}-${place.slice(0, 32)}`
}
