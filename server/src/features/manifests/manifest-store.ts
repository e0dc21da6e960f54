import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

export interface ManifestTable {
  id: Generated<number>
  repository_id: number
  digest: string
  media_type: string
  size_bytes: number
  config_media_type: string | null
  artifact_type: string | null
  subject_digest: string | null
  annotations_json: string | null
  layers_size: number | null
  created_at: Instant
}

/** The bytes as pushed, kept once for all repositories. */
export interface ManifestContentTable {
  digest: string
  bytes: Uint8Array
}

export interface ManifestBlobTable {
  manifest_id: number
  blob_id: number
  repository_id: number
}

/** Children by digest, not by id, so that an index may name manifests that are not there. */
export interface ManifestChildTable {
  manifest_id: number
  child_digest: string
  repository_id: number
}
