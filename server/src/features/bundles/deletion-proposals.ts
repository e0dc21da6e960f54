import { setImmediate as otherWork } from 'node:timers/promises'

import { splitReference } from '../../bundles/compat-index.ts'
import type { BundleBase, BundleEntry } from '../../bundles/bundle.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { repositoryStore } from '../repositories/repository-store.ts'
import { entriesName } from './bundle-bases.ts'
import { bundleStore } from './bundle-store.ts'
import { unpackJson } from './digest-set.ts'
import type { KeptPlan } from './request-selection.ts'

const lookedAtBetweenTurns = 100

/**
 * Tags that the bundle before this one carried and that are gone from this registry. What was merely
 * not chosen this time is no proposal.
 */
export async function proposeDeletions({
  db,
  host,
  now,
  stream,
  base,
  entries,
}: {
  db: Db
  /** Under which the images of this registry are named. */
  host: string
  now: Instant
  stream: string | undefined
  base: BundleBase
  entries: readonly BundleEntry[]
}): Promise<readonly string[]> {
  const bundles = bundleStore(db)
  const previous =
    stream === undefined
      ? base.kind === 'bundle'
        ? base.id
        : undefined
      : await bundles.findLastSent(stream)
  if (previous === undefined) return []
  const content = await bundles.findSet(entriesName('out', previous))
  if (content === undefined) return []
  const before = (await unpackJson(content)) as KeptPlan
  const carried = new Set(entries.map(({ reference }) => reference))
  const gone: string[] = []
  let looked = 0
  for (const { reference, role } of before.entries) {
    const { repository, tag } = splitReference(reference)
    const isOurs = repository.startsWith(`${host}/`)
    if (role !== 'root' || tag === undefined || !isOurs || carried.has(reference)) continue
    if (++looked % lookedAtBetweenTurns === 0) await otherWork()
    const row = await repositoryStore(db).find(repository.slice(host.length + 1))
    const current = row && (await manifestStore(db).findByTag(row.id, tag, now))
    if (current === undefined) gone.push(reference)
  }
  return gone
}
