import { z } from 'zod'

import { Acknowledgement, ProblemParameters } from './appliance-health.ts'
import { endpoint } from './endpoint.ts'
import { wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const

const bytes = z.number().nonnegative()
const count = z.int().nonnegative()

const HomeProblem = z
  .object({
    /** The check of the health page that found it; `read-only`: the registry takes no writes. */
    id: z.string(),
    code: z.string(),
    severity: z.enum(['warning', 'error']),
    parameters: ProblemParameters,
    since: wireDate,
    page: z.string(),
    acknowledged: Acknowledgement.nullable(),
  })
  .meta({ id: 'HomeProblem' })

const checklistSteps = ['authority', 'first-push', 'backup', 'second-administrator'] as const

const Checklist = z
  .object({
    dismissed: z.boolean(),
    steps: z.array(z.object({ id: z.enum(checklistSteps), done: z.boolean() })),
  })
  .meta({ id: 'Checklist' })

export const getApplianceHome = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/home',
  operationId: 'getApplianceHome',
  summary: 'What an administrator looks at first.',
  responses: {
    200: z.object({
      state: z.enum(['ok', 'warning', 'error']),
      /** The worst first; what was acknowledged comes last and does not count for the state. */
      problems: z.array(HomeProblem),
      content: z.object({
        organizations: count,
        repositories: count,
        tags: count,
        /** Of all blobs, each counted once. */
        bytes,
        counted_at: wireDate.nullable(),
      }),
      space: z.object({
        total_bytes: bytes,
        used_bytes: bytes,
        free_bytes: bytes,
        /** Null until there are samples of a few days; negative where content shrinks. */
        growth_per_week_bytes: z.number().nullable(),
        /** Null where nothing grows, or not yet known. */
        full_in_days: z.number().nonnegative().nullable(),
      }),
      certificates: z.array(
        z.object({ role: z.enum(['server', 'authority']), days_left: z.number() }),
      ),
      /** Null where no target is configured. */
      backups: z
        .object({
          overdue: z.boolean(),
          last_success: wireDate.nullable(),
          age_seconds: z.number().nonnegative().nullable(),
          last_failure: wireDate.nullable(),
          last_failure_reason: z.string().nullable(),
          running: z.boolean(),
        })
        .nullable(),
      activity: z.object({ last_push: wireDate.nullable(), last_pull: wireDate.nullable() }),
      checklist: Checklist,
    }),
  },
})

export const changeChecklist = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/mooring/home/checklist',
  operationId: 'changeChecklist',
  summary: 'Puts the checklist of the first week away for everybody, or brings it back.',
  body: z.object({ dismissed: z.boolean() }),
  responses: { 200: Checklist },
})
