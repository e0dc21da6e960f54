import type { Config } from '../../config/config.ts'
import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import type { Lease } from '../../work/lease.ts'
import type { QuotaAccounting } from '../quota/quota-accounting-service.ts'
import type { Tally } from './tally.ts'

/** What every part of the collector works with. */
export interface CollectorParts {
  readonly database: Database
  readonly storage: BlobStorage
  readonly clock: Clock
  readonly lease: Pick<Lease, 'isSafe' | 'takeInheritance'>
  readonly tally: Tally
  readonly quota: Pick<QuotaAccounting, 'removed'>
  readonly log: Logger
  readonly config: CollectorRules
}

export type CollectorRules = {
  readonly features: Pick<
    Config['features'],
    | 'garbageCollection'
    | 'repositoryGarbageCollection'
    | 'namespaceGarbageCollection'
    | 'immutableTagsCanExpire'
  >
} & Pick<Config, 'tagExpirationOptionsMs' | 'defaultTagExpirationMs'>
