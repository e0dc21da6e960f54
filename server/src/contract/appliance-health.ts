import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const

/** What a sentence in the reader's language is filled with. */
export const ProblemParameters = z.record(z.string(), z.union([z.string(), z.number()]))

export const Acknowledgement = z
  .object({
    note: z.string(),
    until: wireDate,
    by: z.string(),
    at: wireDate,
  })
  .meta({ id: 'Acknowledgement' })

export const healthCheckIds = [
  'clock',
  'space',
  'inodes',
  'database-latency',
  'storage-latency',
  'listener-https',
  'listener-http',
  'listener-metrics',
  'certificate-server',
  'certificate-authority',
  'renewal',
  'backups',
  'sign-in-failures',
  'handshake-failures',
  'memory',
  'event-loop',
  'workers',
  'paused-workers',
  'damaged-blobs',
  'version',
] as const

export const HealthCheckId = z.enum(healthCheckIds)

export const ApplianceCheck = z
  .object({
    id: HealthCheckId,
    /** `unknown`: this machine does not tell. */
    state: z.enum(['ok', 'warning', 'error', 'unknown']),
    /** What was measured, in `unit`. */
    value: z.number().nullable(),
    /** From where on it is no longer `ok`, in the same unit. */
    limit: z.number().nullable(),
    unit: z.enum([
      'bytes',
      'share',
      'milliseconds',
      'seconds',
      'days',
      'count',
      'connections',
      'none',
    ]),
    parameters: ProblemParameters,
    /** When it took on this state, as far as this process knows. */
    since: wireDate,
    /** Of the help page, `MOOR-HLT-…`. */
    code: z.string(),
    /** Where in the interface something can be done about it. */
    page: z.string(),
    acknowledged: Acknowledgement.nullable(),
  })
  .meta({ id: 'ApplianceCheck' })

export const getApplianceHealth = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/health',
  operationId: 'getApplianceHealth',
  summary: 'Everything that can be wrong with this server, as it was measured within ten seconds.',
  responses: {
    200: z.object({
      state: z.enum(['ok', 'warning', 'error']),
      checked_at: wireDate,
      checks: z.array(ApplianceCheck),
    }),
  },
})

export const acknowledgeProblem = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/mooring/health/acknowledgement/{check_id}',
  operationId: 'acknowledgeProblem',
  summary: 'Says that a problem is known, so that it does not ask for attention until then.',
  body: z.object({
    note: z.string().max(1_000),
    /** Seconds since the epoch, at most a year ahead. */
    until: z.int().positive().max(253_402_300_799),
  }),
  responses: { 200: Acknowledgement },
})

export const withdrawAcknowledgement = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/health/acknowledgement/{check_id}',
  operationId: 'withdrawAcknowledgement',
  summary: 'Lets a problem ask for attention again; one that was not acknowledged is no error.',
  responses: { 204: null },
})
