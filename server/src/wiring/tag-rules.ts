import { createPatternMatcher } from '../features/immutability/pattern-matcher.ts'
import { createTagPolicies } from '../features/immutability/tag-policies-service.ts'
import { createTagChanges } from '../features/tags/tag-changes-service.ts'
import type { Parts } from '../wiring.ts'

/** How tags change, whoever changes them: a push, a call of the API, or a worker. */
export function wireTagRules({ config, database }: Pick<Parts, 'config' | 'database'>) {
  const matcher = createPatternMatcher()
  return {
    matcher,
    tagChanges: createTagChanges({ config }),
    tagPolicies: createTagPolicies({ database, matcher, enabled: config.features.immutableTags }),
  }
}
