import type { Generated } from 'kysely'

/** Of a namespace or of a repository. */
export interface ImmutabilityPolicyTable {
  id: Generated<number>
  uuid: string
  namespace_user_id: number | null
  repository_id: number | null
  tag_pattern: string
  tag_pattern_matches: Generated<number>
}
