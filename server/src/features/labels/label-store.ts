import type { Generated } from 'kysely'

export type LabelSource = 'manifest' | 'api' | 'internal'

export interface ManifestLabelTable {
  id: Generated<number>
  uuid: string
  repository_id: number
  manifest_id: number
  key: string
  value: string
  source_type: LabelSource
  media_type: string
}
