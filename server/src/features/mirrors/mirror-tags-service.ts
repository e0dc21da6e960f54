import { setImmediate as otherWork } from 'node:timers/promises'

import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { isProblem } from '../../problem.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { TagPolicies } from '../immutability/tag-policies-service.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import type { TagChanges } from '../tags/tag-changes-service.ts'
import { parseTagName } from '../tags/tag-name.ts'
import { isLive } from '../tags/tag-service.ts'
import { tagStore } from '../tags/tag-store.ts'
import { mirrorTagStore } from './mirror-tag-store.ts'

export type MirrorTags = ReturnType<typeof createMirrorTags>

interface Change {
  readonly repository: RepositoryRow
  readonly actor: Actor
  /** Throws when the run is not one's own any more. */
  readonly fence: (tx: Db) => Promise<void>
}

const listedAtOnce = 500
const removedAtOnce = 50

/** What a run does to tags beside copying them. */
export function createMirrorTags({
  database: { db },
  clock,
  audit,
  tagChanges,
  tagPolicies,
}: {
  database: Database
  clock: Clock
  audit: AuditLog
  tagChanges: TagChanges
  tagPolicies: TagPolicies
}) {
  async function* names(repositoryId: number): AsyncGenerator<readonly string[]> {
    let after = ''
    for (;;) {
      const page = await tagStore(db).listNames(repositoryId, after, listedAtOnce, clock.now())
      if (page.length > 0) yield page
      const last = page.at(-1)
      if (last === undefined || page.length < listedAtOnce) return
      after = last
      await otherWork()
    }
  }

  /** Ends some tags; those that may not end stay. @returns what is gone. */
  async function end(by: Change, doomed: readonly string[]): Promise<string[]> {
    const { repository, actor, fence } = by
    const { repositoryId, account, about } = subjectOf(repository)
    return tagPolicies.change(repository.id, [], async (tx) => {
      await fence(tx)
      const gone: string[] = []
      for (const tag of doomed) {
        try {
          await tagChanges.end(tx, repositoryId, tag, clock.now())
        } catch (error) {
          if (isProblem(error, 'tag-immutable') || isProblem(error, 'manifest-unknown')) continue
          throw error
        }
        await audit.recordIn(tx, {
          kind: 'delete_tag',
          ...{ account, actor, repositoryId },
          metadata: { ...about, tag },
        })
        gone.push(tag)
      }
      return gone
    })
  }

  /** Makes one tag what it was at that moment. @returns whether that changed anything. */
  async function putBack(
    tx: Db,
    { repository: { id: repositoryId } }: Change,
    tag: string,
    at: Instant,
    isFrozen: boolean,
  ): Promise<boolean> {
    const now = clock.now()
    const current = await tagStore(tx).findCurrent(repositoryId, tag)
    const live = isLive(current, now) ? current : undefined
    const before = await mirrorTagStore(tx).findAt(repositoryId, tag, at)
    if (before === undefined) {
      if (live === undefined || live.lifetime_start_ms < at) return false
      await tagChanges.end(tx, repositoryId, tag, now)
      return true
    }
    if (live?.manifest_id === before.manifest_id) return false
    // Where the time machine keeps nothing, it may have been collected meanwhile.
    if ((await tagStore(tx).findDigestOf(before.manifest_id)) === undefined) return false
    const target = { repositoryId, name: parseTagName(tag), manifestId: before.manifest_id }
    await tagChanges.point(tx, { ...target, isFrozen, isReversion: true }, now)
    return true
  }

  return {
    /** Names of live tags, some at a time. */
    names,

    /** Ends all tags that are not to stay. @returns those. */
    async removeOthers(by: Change, stays: (tag: string) => boolean): Promise<string[]> {
      const removed: string[] = []
      for await (const page of names(by.repository.id)) {
        const doomed = page.filter((tag) => !stays(tag))
        for (let from = 0; from < doomed.length; from += removedAtOnce) {
          removed.push(...(await end(by, doomed.slice(from, from + removedAtOnce))))
          await otherWork()
        }
      }
      return removed
    },

    /** Puts tags back to what they were at that moment, some at a time. @returns those that changed. */
    async rollBack(
      by: Change,
      tags: readonly string[],
      at: Instant,
      atOnce: number,
    ): Promise<string[]> {
      const { repositoryId, account, about } = subjectOf(by.repository)
      const changed: string[] = []
      for (let from = 0; from < tags.length; from += atOnce) {
        const some = tags.slice(from, from + atOnce)
        await tagPolicies.change(repositoryId, some, async (tx, { frozen }) => {
          await by.fence(tx)
          for (const tag of some) {
            try {
              if (!(await putBack(tx, by, tag, at, frozen.has(tag)))) continue
            } catch (error) {
              if (isProblem(error, 'tag-immutable')) continue
              throw error
            }
            changed.push(tag)
            await audit.recordIn(tx, {
              kind: 'revert_tag',
              ...{ account, actor: by.actor, repositoryId },
              metadata: { ...about, tag },
            })
          }
        })
        await otherWork()
      }
      return changed
    },
  }
}
