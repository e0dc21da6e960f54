import type { z } from 'zod'

import type { Config } from '../../config/config.ts'
import type { QuotaSummary, RepositoryQuotaReport } from '../../contract/quota.ts'
import type { Db } from '../../db/tables.ts'
import { quotaStore, type CounterRow } from './quota-store.ts'

export type QuotaReports = ReturnType<typeof createQuotaReports>

type Summary = z.output<typeof QuotaSummary>
type RepositoryReport = z.output<typeof RepositoryQuotaReport>

/** The keys that views of accounts and repositories carry while quotas are on, and nothing otherwise. */
export function createQuotaReports({
  db,
  config,
}: {
  db: Db
  config: { readonly features: Pick<Config['features'], 'quotaManagement' | 'editQuota'> } & Pick<
    Config,
    'quota'
  >
}) {
  const isOn = config.features.quotaManagement && config.features.editQuota
  const configured = config.quota.defaultRejectBytes ?? null

  function summary(counter: CounterRow | undefined): Summary {
    const status = statusOf(counter)
    return {
      quotas: [],
      quota_report: {
        quota_bytes: bytesOf(counter),
        configured_quota: configured,
        running_backfill: status,
        backfill_status: status,
      },
    }
  }

  async function ofNamespaces(ids: readonly number[]): Promise<(id: number) => Partial<Summary>> {
    if (!isOn) return () => ({})
    const counters = byId(await quotaStore(db).list('quotanamespacesize', ids))
    return (id) => summary(counters.get(id))
  }

  return {
    ofNamespaces,

    ofNamespace: async (id: number): Promise<Partial<Summary>> => (await ofNamespaces([id]))(id),

    async ofRepositories(
      ids: readonly number[],
    ): Promise<(id: number) => { quota_report?: RepositoryReport }> {
      if (!isOn) return () => ({})
      const counters = byId(await quotaStore(db).list('quotarepositorysize', ids))
      return (id) => ({
        quota_report: { quota_bytes: bytesOf(counters.get(id)), configured_quota: configured },
      })
    },
  }
}

const byId = (rows: readonly CounterRow[]) => new Map(rows.map((row) => [row.id, row]))

/** Half a count is no size. */
const bytesOf = (counter: CounterRow | undefined): number =>
  counter?.backfill_complete === 1 ? counter.size_bytes : 0

function statusOf(counter: CounterRow | undefined): 'waiting' | 'running' | 'complete' {
  if (counter?.backfill_complete === 1) return 'complete'
  return (counter?.backfill_start_ms ?? null) === null ? 'waiting' : 'running'
}
