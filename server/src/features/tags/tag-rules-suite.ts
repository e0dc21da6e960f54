import type { Database } from '../../db/open.ts'
import { createPatternMatcher } from '../immutability/pattern-matcher.ts'
import { createTagPolicies } from '../immutability/tag-policies-service.ts'
import { createTagChanges } from './tag-changes-service.ts'

/** How tags change in a test; without the switches as a new installation does it. */
export function tagRulesFor(
  database: Database,
  {
    immutableTags = false,
    immutableTagsCanExpire = false,
    resetChildManifestExpiration = false,
  }: {
    immutableTags?: boolean
    immutableTagsCanExpire?: boolean
    resetChildManifestExpiration?: boolean
  } = {},
) {
  const timeMachine = {
    permanentlyDeleteTags: false,
    resetChildManifestExpiration,
    labeledMinimumMs: 3_600_000,
    labeledMaximumMs: 104 * 7 * 86_400_000,
  }
  const config = { timeMachine, features: { immutableTags, immutableTagsCanExpire } }
  const matcher = createPatternMatcher()
  return {
    matcher,
    tagChanges: createTagChanges({ config }),
    tagPolicies: createTagPolicies({ database, matcher, enabled: immutableTags }),
  }
}
