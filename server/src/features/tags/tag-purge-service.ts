import { setImmediate as otherWork } from 'node:timers/promises'

import type { Database } from '../../db/open.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import type { TagChanges } from './tag-changes-service.ts'
import { tagHistoryStore } from './tag-history-store.ts'
import { describeChange, type ContentChange } from './tag-record.ts'
import { isLive } from './tag-service.ts'
import { tagStore } from './tag-store.ts'

export type TagPurgeService = ReturnType<typeof createTagPurgeService>

export interface Purge {
  readonly tag: string
  readonly digest: string | undefined
  readonly windowMs: number
  readonly withChildren: boolean
}

const rowsAtOnce = 500

/** Takes tags out of the time machine's reach (engines, 3.1); the collector removes them then. */
export function createTagPurgeService({
  database: { db },
  clock,
  audit,
  tagChanges,
  immutableTagsCanExpire,
}: {
  database: Database
  clock: Clock
  audit: AuditLog
  tagChanges: TagChanges
  immutableTagsCanExpire: boolean
}) {
  async function record(tx: Db, by: ContentChange, tag: string, digest: string) {
    const { username, repo, namespace, entry } = describeChange(by)
    const metadata = { username, repo, namespace, tag, manifest_digest: digest }
    await audit.recordIn(tx, entry('permanently_delete_tag', metadata))
  }

  const locked = <T>({ repository }: ContentChange, work: (tx: Db, now: Instant) => Promise<T>) =>
    db.transaction().execute(async (tx) => {
      const state = await tagStore(tx).lockRepository(repository.id)
      if (state === undefined || state === 'MARKED_FOR_DELETION') throw new Problem('not-found')
      return work(tx, clock.now())
    })

  return {
    /** The live tag itself. @throws Problem `not-found` also when it is immutable */
    purgeLive: (by: ContentChange, { tag, digest, windowMs, withChildren }: Purge) =>
      locked(by, async (tx, now) => {
        const current = await tagStore(tx).findCurrent(by.repository.id, tag)
        if (!isLive(current, now)) throw new Problem('not-found')
        if (current.immutable === 1 && !immutableTagsCanExpire) throw new Problem('not-found')
        const found = await tagStore(tx).findDigestOf(current.manifest_id)
        if (found === undefined || (digest !== undefined && digest !== found)) {
          throw new Problem('not-found')
        }
        await tagHistoryStore(tx).endForGood(current.id, now - windowMs)
        await tagChanges.letGo(tx, by.repository.id, current.manifest_id, now)
        if (withChildren) await tagStore(tx).endHoldsOfChildren(current.manifest_id, now)
        await record(tx, by, tag, found)
      }),

    /** What the tag was on that manifest. @throws Problem `not-found` when there is nothing of it */
    async purgeHistory(by: ContentChange, { tag, digest, windowMs, withChildren }: Purge) {
      if (digest === undefined || !isDigest(digest)) throw new Problem('not-found')
      for (let first = true; ; first = false) {
        const changed = await locked(by, async (tx, now) => {
          const manifest = await manifestStore(tx).findByDigest(by.repository.id, digest)
          if (manifest === undefined) return 0
          const past = { repositoryId: by.repository.id, name: tag, manifestId: manifest.id }
          const rules = { now, cutoff: now - windowMs, immutableToo: immutableTagsCanExpire }
          const count = await tagHistoryStore(tx).pushOut(past, rules, rowsAtOnce)
          if (first && count > 0) {
            if (withChildren) await tagStore(tx).endHoldsOfChildren(manifest.id, now)
            await record(tx, by, tag, digest)
          }
          return count
        })
        if (first && changed === 0) throw new Problem('not-found')
        if (changed < rowsAtOnce) return
        await otherWork()
      }
    },
  }
}
