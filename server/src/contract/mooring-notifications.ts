import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { RepoEvent } from './repo-notifications.ts'
import { wireDate } from './values.ts'

const ofRepository = {
  area: 'mooring',
  scope: 'repo:admin',
} as const

/** Why an attempt failed; `status` is an answer that is no success. */
export const AttemptFailure = z.enum([
  ...(['status', 'timeout', 'unreachable', 'tls', 'refused', 'template'] as const),
  ...(['mail', 'mailing_off', 'target_gone', 'unreadable', 'unknown'] as const),
])

export const DeliveryAttempt = z
  .object({
    at: wireDate,
    duration_ms: z.int(),
    /** Of the answer; null when there was none, or when the method has none. */
    status: z.int().nullable(),
    /** Null for a success. */
    code: AttemptFailure.nullable(),
    /** A sentence about a failure. */
    message: z.string().nullable(),
  })
  .meta({ id: 'DeliveryAttempt' })

export const NotificationDelivery = z
  .object({
    id: z.string(),
    event: RepoEvent,
    /** An example that somebody asked for. */
    test: z.boolean(),
    /** `filtered` was not for this notification; `skipped` ended because it is disabled. */
    state: z.enum(['waiting', 'delivered', 'failed', 'filtered', 'skipped']),
    created: wireDate,
    /** Null once it is over. */
    next_attempt: wireDate.nullable(),
    /** The oldest first. */
    attempts: z.array(DeliveryAttempt),
  })
  .meta({ id: 'NotificationDelivery' })

export const listNotificationDeliveries = endpoint({
  ...ofRepository,
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/notification/{uuid}/deliveries',
  operationId: 'listNotificationDeliveries',
  summary: 'What a notification sent last and what of it waits, the newest first; about 20.',
  rule: { kind: 'repository', role: 'admin', readers: true },
  responses: { 200: z.object({ deliveries: z.array(NotificationDelivery) }) },
})

export const resendNotificationDelivery = endpoint({
  ...ofRepository,
  method: 'POST',
  path: '/api/v1/mooring/repository/{repository}/notification/{uuid}/deliveries/{delivery}/resend',
  operationId: 'resendNotificationDelivery',
  summary: 'Sends what was sent once more, as a delivery of its own; enable a disabled one first.',
  rule: { kind: 'repository', role: 'admin' },
  responses: { 201: NotificationDelivery },
})
