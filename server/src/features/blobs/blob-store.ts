import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

export interface BlobTable {
  id: Generated<number>
  digest: string
  size_bytes: number
  created_at: Instant
}

/** "Uploaded or mounted here lately": protects a blob until a manifest refers to it. */
export interface UploadedBlobTable {
  repository_id: number
  blob_id: number
  uploaded_at: Instant
  expires_at: Instant
}
