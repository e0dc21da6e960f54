import type { Output } from '../../api/operations.ts'

export type ManifestRecord =
  Output<'GET /api/v1/mooring/repository/{repository}/manifest/{manifestref}'>
export type TagRecord = Output<'GET /api/v1/repository/{repository}/tag/'>['tags'][number]
