import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { RepositoryState } from '../repositories/repository-store.ts'
import { tagStore } from '../tags/tag-store.ts'
import { immutabilityStore, type PolicyInForce } from './immutability-store.ts'
import type { PatternMatcher } from './pattern-matcher.ts'

export type TagPolicies = ReturnType<typeof createTagPolicies>

export interface LockedRepository {
  /** Undefined when the repository is gone. */
  readonly state: RepositoryState | undefined
  /** The names that a policy makes immutable when a tag of that name is made. */
  readonly frozen: ReadonlySet<string>
}

/** What the policies of a repository and its namespace say about new tags. */
export function createTagPolicies({
  database: { db },
  matcher,
  enabled,
}: {
  database: Database
  matcher: PatternMatcher
  /** FEATURE_IMMUTABLE_TAGS */
  enabled: boolean
}) {
  const read = (on: Db, repositoryId: number) =>
    enabled ? immutabilityStore(on).listInForce(repositoryId) : Promise.resolve([])

  async function decide(policies: readonly PolicyInForce[], names: readonly string[]) {
    const frozen = new Set<string>()
    for (const policy of policies) {
      for (const name of names) {
        if (await applies(matcher, policy, name)) frozen.add(name)
      }
    }
    return frozen
  }

  return {
    /**
     * Changes tags of a repository in one transaction that holds its lock. The policies are judged
     * before, because that can take long; when they have changed since, they are judged anew. So a
     * tag is either made under a new policy, or there when the policy looks for tags that are there.
     * @param names of tags that the change makes.
     */
    async change<T>(
      repositoryId: number,
      names: readonly string[],
      work: (tx: Db, repository: LockedRepository) => Promise<T>,
    ): Promise<T> {
      for (;;) {
        const policies = await read(db, repositoryId)
        const frozen = await decide(policies, names)
        const outcome = await db.transaction().execute(async (tx) => {
          const state = await tagStore(tx).lockRepository(repositoryId)
          if (!isSame(policies, await read(tx, repositoryId))) return undefined
          return { value: await work(tx, { state, frozen }) }
        })
        if (outcome !== undefined) return outcome.value
      }
    },
  }
}

/** A pattern that takes too long says nothing, neither of what it matches nor of the others. */
export async function applies(
  matcher: PatternMatcher,
  policy: Pick<PolicyInForce, 'tag_pattern' | 'tag_pattern_matches'>,
  name: string,
): Promise<boolean> {
  const verdict = await matcher.match(policy.tag_pattern, name)
  return verdict !== undefined && verdict === (policy.tag_pattern_matches === 1)
}

function isSame(before: readonly PolicyInForce[], after: readonly PolicyInForce[]): boolean {
  const text = (policies: readonly PolicyInForce[]) =>
    policies
      .map((one) => `${one.id} ${one.tag_pattern_matches} ${one.tag_pattern}`)
      .sort()
      .join('\n')
  return text(before) === text(after)
}
