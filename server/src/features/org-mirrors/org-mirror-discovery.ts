import { setImmediate } from 'node:timers/promises'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { timeoutAfter } from '../../platform/longest-timer.ts'
import type { Random } from '../../platform/random.ts'
import { accountStore } from '../accounts/account-store.ts'
import type { SecretBox } from '../accounts/secret-box.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import { releasedAfter, syncStatus, usualRetries, type Ending } from '../mirrors/mirror-status.ts'
import { compileGlob } from '../mirrors/tag-glob.ts'
import type { OutgoingService } from '../outgoing/outgoing-service.ts'
import { whileClaimed, claimLifeMs } from './claim-watch.ts'
import { faultText, OrgMirrorFault } from './org-mirror-fault.ts'
import { orgMirrorRepositoryStore, skipped } from './org-mirror-repository-store.ts'
import { filtersOf, sourceOf } from './org-mirror-settings.ts'
import { orgMirrorStore, type OrgMirrorRow } from './org-mirror-store.ts'
import type { SourceRegistry } from './source-registry.ts'

const ourselves: Actor = { principal: 'system' }

export interface Discovered {
  readonly ending: Ending
  readonly repositories: number
}

const batchSize = 500

/** Looks which repositories a source has, and hands them to phase 2 (engines, 8.2). */
export function createOrgMirrorDiscovery({
  db,
  clock,
  random,
  secretBox,
  audit,
  outgoing,
  sources,
  longestMs,
}: {
  db: Db
  clock: Clock
  random: Random
  secretBox: SecretBox
  audit: AuditLog
  outgoing: Pick<OutgoingService, 'check'>
  sources: SourceRegistry
  /** ORG_MIRROR_MAX_DISCOVERY_DURATION */
  longestMs: number
}) {
  const mirrors = orgMirrorStore(db)
  const entries = orgMirrorRepositoryStore(db)

  async function record(mirror: OrgMirrorRow, kind: LogKind, message: string): Promise<void> {
    const organization = await accountStore(db).findById(mirror.organization_id)
    if (organization === undefined) return
    await audit.recordIn(db, {
      kind,
      account: { id: organization.id, username: organization.username },
      actor: ourselves,
      metadata: {
        message,
        org_mirror_config_id: mirror.id,
        external_registry_url: mirror.registry_url,
        external_namespace: mirror.external_namespace,
      },
    })
  }

  async function find(mirror: OrgMirrorRow, signal: AbortSignal): Promise<readonly string[]> {
    const source = sourceOf(mirror, secretBox)
    if (source === undefined) {
      throw new OrgMirrorFault('The stored credentials cannot be read any more')
    }
    const { kind } = await outgoing.check(mirror.registry_url)
    if (kind === 'refused') {
      throw new OrgMirrorFault('Source registry location is not allowed')
    }
    return sources.list(source, signal)
  }

  /** Entries that are there already: left out, or wanted again. */
  async function review(mirror: OrgMirrorRow, names: ReadonlySet<string>) {
    const isWanted = filterOf(mirror)
    let after = ''
    for (;;) {
      const rows = await entries.listAfter(mirror.id, after, batchSize)
      for (const row of rows) {
        const why = !names.has(row.name)
          ? 'Repository no longer in source registry'
          : isWanted(row.name)
            ? undefined
            : 'Repository excluded by filters'
        // A source that has nothing at all is more likely out of order than empty.
        if (why !== undefined && names.size === 0) continue
        if (why === undefined && row.status === skipped) {
          await entries.revive(row.id, { retries: usualRetries, transactionId: random.uuid() })
        } else if (why !== undefined && (row.status !== skipped || row.message !== why)) {
          await entries.skip(row.id, why, random.uuid())
        }
      }
      const last = rows.at(-1)
      if (last === undefined) return
      after = last.name
      await setImmediate()
    }
  }

  async function add(mirror: OrgMirrorRow, names: ReadonlySet<string>, now: Instant) {
    const isWanted = filterOf(mirror)
    const wanted = [...names].filter(isWanted)
    for (let from = 0; from < wanted.length; from += batchSize) {
      await db.transaction().execute(async (tx) => {
        for (const name of wanted.slice(from, from + batchSize)) {
          await orgMirrorRepositoryStore(tx).insert({
            ...{ mirrorId: mirror.id, name, retries: usualRetries, now },
            transactionId: random.uuid(),
          })
        }
      })
      await setImmediate()
    }
  }

  async function look(mirror: OrgMirrorRow, wasRequested: boolean, signal: AbortSignal) {
    const names = new Set(await find(mirror, signal))
    await review(mirror, names)
    await add(mirror, names, clock.now())
    const id = random.uuid()
    if (wasRequested) await entries.requestAll(mirror.id, id)
    else await entries.requestWaiting(mirror.id, id)
    return names.size
  }

  /** What somebody called off: everything stops, and the schedule goes on. */
  async function clearUp(mirror: OrgMirrorRow): Promise<void> {
    const count = await entries.cancelAll(mirror.id, random.uuid())
    await record(mirror, 'org_mirror_sync_failed', `Sync cancelled for ${count} repositories`)
  }

  async function release(mirror: OrgMirrorRow, ending: Ending): Promise<void> {
    const standing = {
      ...{ retries: mirror.retries, startAt: mirror.start_at },
      intervalMs: mirror.interval_s * 1_000,
    }
    const released = releasedAfter(ending, standing, clock.now())
    const claim = { id: mirror.id, transactionId: mirror.transaction_id }
    await mirrors.release(claim, released, random.uuid())
  }

  return {
    /** @returns undefined when nothing is due, or somebody else was first. */
    async step(stopping: AbortSignal): Promise<Discovered | undefined> {
      const now = clock.now()
      const found = await mirrors.nextEligible(now)
      if (found === undefined) return undefined
      const mirror = await mirrors.claim(
        { id: found.id, transactionId: found.transaction_id },
        { next: random.uuid(), now, expiresAt: now + claimLifeMs },
      )
      if (mirror === undefined) return undefined
      if (found.status === syncStatus.cancelled) {
        await clearUp(mirror)
        await release(mirror, 'success')
        return { ending: 'cancelled', repositories: 0 }
      }
      // One that a crash broke off may have been asked for.
      const wasRequested =
        found.status === syncStatus.requested || found.status === syncStatus.syncing
      const claim = { id: mirror.id, transactionId: mirror.transaction_id }
      await record(mirror, 'org_mirror_sync_started', 'Repository discovery started')
      try {
        const repositories = await whileClaimed(
          () => mirrors.renew(claim, clock.now() + claimLifeMs),
          AbortSignal.any([stopping, timeoutAfter(longestMs)]),
          (signal) => look(mirror, wasRequested, signal),
        )
        await release(mirror, 'success')
        const message = `Discovered ${repositories} repositories`
        await record(mirror, 'org_mirror_sync_success', message)
        return { ending: 'success', repositories }
      } catch (error) {
        // The next start takes over what is not released.
        if (stopping.aborted) throw error
        const message = faultText(error)
        await release(mirror, 'failure')
        await record(mirror, 'org_mirror_sync_failed', message)
        return { ending: 'failure', repositories: 0 }
      }
    },
  }
}

export type OrgMirrorDiscovery = ReturnType<typeof createOrgMirrorDiscovery>

function filterOf(mirror: OrgMirrorRow): (name: string) => boolean {
  const filters = filtersOf(mirror).map(compileGlob)
  return (name) => filters.length === 0 || filters.some((fits) => fits(name))
}
