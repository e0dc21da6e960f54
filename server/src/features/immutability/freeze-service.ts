import { setImmediate as otherWork } from 'node:timers/promises'

import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { tagStore } from '../tags/tag-store.ts'
import { immutabilityStore, type PolicyOwner, type PolicyValues } from './immutability-store.ts'
import type { PatternMatcher } from './pattern-matcher.ts'

export type FreezeService = ReturnType<typeof createFreezeService>

const tagsAtOnce = 500
const repositoriesAtOnce = 200

/** Makes the tags immutable that are there when a policy comes or changes (engines, 6). */
export function createFreezeService({
  database: { db },
  clock,
  matcher,
  keepsExpiry,
}: {
  database: Database
  clock: Clock
  matcher: PatternMatcher
  /** FEATURE_IMMUTABLE_TAGS_CAN_EXPIRE */
  keepsExpiry: boolean
}) {
  async function* repositoriesOf(owner: PolicyOwner) {
    if (owner.repositoryId !== undefined) {
      yield owner.repositoryId
      return
    }
    for (let after = 0; ;) {
      const page = await immutabilityStore(db).listRepositories(
        owner.namespaceId,
        after,
        repositoriesAtOnce,
      )
      yield* page
      const last = page.at(-1)
      if (last === undefined) return
      after = last
    }
  }

  async function freezeIn(repositoryId: number, policy: PolicyValues): Promise<number> {
    // Waits for changes that were decided without the policy; those that come later know it.
    await db.transaction().execute((tx) => tagStore(tx).lockRepository(repositoryId))
    let count = 0
    for (let after = ''; ;) {
      const now = clock.now()
      const page = await immutabilityStore(db).listMutable(repositoryId, after, tagsAtOnce, now)
      const names: string[] = []
      for (const { name, isMutable } of page) {
        if (isMutable && (await matches(policy, name))) names.push(name)
      }
      if (names.length > 0) {
        count += await db.transaction().execute(async (tx) => {
          await tagStore(tx).lockRepository(repositoryId)
          const rules = { now: clock.now(), keepsExpiry }
          return immutabilityStore(tx).freeze(repositoryId, names, rules)
        })
      }
      const last = page.at(-1)
      if (last === undefined || page.length < tagsAtOnce) return count
      after = last.name
      await otherWork()
    }
  }

  async function matches(policy: PolicyValues, name: string): Promise<boolean> {
    const verdict = await matcher.match(policy.pattern, name)
    if (verdict === undefined) {
      throw new Problem('request-invalid', {
        message: 'Invalid regex pattern: matching takes too long',
      })
    }
    return verdict === policy.matches
  }

  return {
    /**
     * @returns how many tags became immutable.
     * @throws Problem `request-invalid` for a pattern that takes too long
     */
    async freeze(owner: PolicyOwner, policy: PolicyValues): Promise<number> {
      let count = 0
      for await (const repositoryId of repositoriesOf(owner)) {
        count += await freezeIn(repositoryId, policy)
        await otherWork()
      }
      return count
    },
  }
}
