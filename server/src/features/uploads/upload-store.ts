import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

export interface BlobUploadTable {
  uuid: string
  repository_id: number
  created_at: Instant
  updated_at: Instant
  byte_count: Generated<number>
  committing_digest: string | null
}
