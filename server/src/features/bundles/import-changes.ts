import type { z } from 'zod'

import type { BundleChanges } from '../../contract/mooring-bundle-values.ts'
import type { BlobNeeds } from './import-blobs.ts'
import { choicesFor } from './import-conflict.ts'
import type { ImportPlan } from './import-plan.ts'

const rowsShown = 1_000

/** What an import did that differs from its plan. */
export interface Afterwards {
  /** Tags of repositories that became immutable in the last moment. */
  readonly kept: ReadonlyMap<string, ReadonlySet<string>>
  /** References whose tags were not what they had been any more. */
  readonly spared: ReadonlySet<string>
}

const asPlanned: Afterwards = { kept: new Map(), spared: new Set() }

/** What an import does, as people and programs are told. */
export function changesOf(
  { repositories, organizationsNew, blobs, deletions }: ImportPlan,
  needs: Pick<BlobNeeds, 'here' | 'missing'>,
  { kept, spared }: Afterwards = asPlanned,
): z.output<typeof BundleChanges> {
  const rows = repositories.flatMap(({ fullName, entries }) =>
    entries.map(({ entry, offered, tag, what, reason, message, conflict = null }) => {
      const isRefused = tag !== undefined && kept.get(fullName)?.has(tag) === true
      return {
        ...{ repository: fullName, tag: offered ?? null, digest: entry.digest, conflict },
        renamed_to: tag === undefined || tag === offered ? null : tag,
        choices: conflict === null ? [] : [...choicesFor[conflict]],
        what: isRefused ? ('kept' as const) : what,
        reason: isRefused ? ('immutable' as const) : (reason ?? null),
        message: isRefused ? 'The tag became immutable meanwhile.' : (message ?? null),
      }
    }),
  )
  const tagged = rows.filter(({ tag, what }) => tag !== null || what === 'kept')
  const count = (what: string) => tagged.filter((row) => row.what === what).length
  const order = ['kept', 'moved', 'new', 'unchanged']
  // What somebody may decide about comes first.
  const rank = ({ what, conflict }: (typeof rows)[number]) =>
    order.indexOf(what) + (conflict === null ? order.length : 0)
  const absent = [...blobs].filter(([digest]) => !needs.here.has(digest))
  const missing = new Set(needs.missing)
  const brought = absent.filter(([digest]) => !missing.has(digest))
  return {
    organizations_new: [...organizationsNew],
    repositories_new: repositories.flatMap(({ row, name, entries }) =>
      row === undefined && name !== undefined && entries.some(({ what }) => what !== 'kept')
        ? [name.fullName]
        : [],
    ),
    tags: {
      ...{ new: count('new'), moved: count('moved') },
      ...{ unchanged: count('unchanged'), kept: count('kept') },
    },
    rows: rows.sort((a, b) => rank(a) - rank(b)).slice(0, rowsShown),
    deletions: deletions
      .map(({ reference, fullName, tag, digest, what, reason }) => ({
        ...{ reference, repository: fullName, tag, digest: digest ?? null },
        what: spared.has(reference) ? ('kept' as const) : what,
        reason: spared.has(reference) ? ('changed-here' as const) : (reason ?? null),
      }))
      .slice(0, rowsShown),
    blobs_new: brought.length,
    bytes_new: brought.reduce((sum, [, size]) => sum + size, 0),
    blobs_present: needs.here.size,
  }
}
