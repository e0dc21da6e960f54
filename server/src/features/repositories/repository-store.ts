import type { Generated } from 'kysely'

import type { Instant } from '../../platform/clock.ts'

export type Visibility = 'public' | 'private'
export type RepositoryState =
  'NORMAL' | 'READ_ONLY' | 'MIRROR' | 'ORG_MIRROR' | 'MARKED_FOR_DELETION'

export interface RepositoryTable {
  id: Generated<number>
  namespace_user_id: number
  name: string
  /** `namespace/name`: one index gives both the look-up by path and the order of the catalog. */
  full_name: string
  visibility: Visibility
  state: Generated<RepositoryState>
  kind: Generated<'image'>
  description: string | null
  created_at: Instant
}
