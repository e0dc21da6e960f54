import pino from 'pino'

import type { Clock } from '../../platform/clock.ts'
import { createQuotaAccounting } from './quota-accounting-service.ts'

interface Switches {
  quotaManagement?: boolean
  quotaSuppressFailures?: boolean
  invalidateTotals?: boolean
}

/** How sizes are kept in a test; without the switches as a new installation does it. */
export function quotaFor(
  clock: Clock,
  {
    quotaManagement = false,
    quotaSuppressFailures = false,
    invalidateTotals = true,
  }: Switches = {},
) {
  return createQuotaAccounting({
    clock,
    log: pino({ level: 'silent' }),
    config: {
      features: { quotaManagement, quotaSuppressFailures },
      quota: {
        ...{ backfill: true, backfillDelayMs: 0, backfillEveryMs: 1_000, backfillBatchSize: 100 },
        invalidateTotals,
      },
    },
  })
}
