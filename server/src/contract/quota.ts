import { z } from 'zod'

const QuotaLimitOfNamespace = z
  .object({ id: z.int(), type: z.enum(['Warning', 'Reject']), limit_percent: z.int() })
  .meta({ id: 'QuotaLimitOfNamespace' })

const QuotaOfNamespace = z
  .object({
    id: z.int(),
    limit_bytes: z.int(),
    limits: z.array(QuotaLimitOfNamespace),
  })
  .meta({ id: 'QuotaOfNamespace' })

const backfillStatus = z.enum(['', 'waiting', 'running', 'complete'])

const QuotaReport = z
  .object({
    quota_bytes: z.int(),
    configured_quota: z.int().nullable(),
    running_backfill: backfillStatus,
    backfill_status: backfillStatus,
  })
  .meta({ id: 'QuotaReport' })

export const QuotaSummary = z.object({
  quotas: z.array(QuotaOfNamespace),
  quota_report: QuotaReport,
})

/** What views of accounts carry while FEATURE_QUOTA_MANAGEMENT and FEATURE_EDIT_QUOTA are on. */
export const quotaKeys = QuotaSummary.partial().shape

export const RepositoryQuotaReport = z
  .object({ quota_bytes: z.int(), configured_quota: z.int().nullable() })
  .meta({ id: 'RepositoryQuotaReport' })
