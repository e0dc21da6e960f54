import { z } from 'zod'

import { PausableWork, WorkerPause } from './appliance-workers.ts'
import { endpoint } from './endpoint.ts'
import { queryInteger, queryText, wireDate } from './values.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const
const change = { ...superuser, freshLogin: true, whileReadOnly: true } as const
/** The log names people and addresses. */
const logReader = { ...superuser, rule: { kind: 'superuser', readers: false } } as const

const bytes = z.number().nonnegative()
const count = z.int().nonnegative()

const WorkerState = z
  .object({
    name: z.string(),
    /** By which it is paused; null where it cannot be. */
    work: PausableWork.nullable(),
    running: z.boolean(),
    every_seconds: z.number().nonnegative(),
    last_started: wireDate.nullable(),
    last_ended: wireDate.nullable(),
    /** Failures since the last turn that went well. */
    failures: count,
    last_failure: z.string().nullable(),
  })
  .meta({ id: 'WorkerState' })

const ReadOnlyState = z
  .object({
    on: z.boolean(),
    reason: z.string().nullable(),
    since: wireDate.nullable(),
    by: z.string().nullable(),
    /** `configuration`: only config.yaml and a restart end it. */
    set_by: z.enum(['configuration', 'administrator']).nullable(),
  })
  .meta({ id: 'ReadOnlyState' })

export const getServiceState = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/service',
  operationId: 'getServiceState',
  summary: 'The process of this server: what it is, serves and works on.',
  responses: {
    200: z.object({
      state: z.enum(['running', 'read-only', 'stopping']),
      read_only: ReadOnlyState,
      version: z.string(),
      runtime: z.string(),
      platform: z.string(),
      hostname: z.string(),
      pid: z.int(),
      started: wireDate,
      uptime_seconds: z.number().nonnegative(),
      memory: z.object({ rss_bytes: bytes, heap_used_bytes: bytes, machine_free_bytes: bytes }),
      listeners: z.array(
        z.object({
          name: z.enum(['https', 'http', 'metrics']),
          address: z.string(),
          port: z.int(),
          family: z.enum(['IPv4', 'IPv6', 'dual-stack']),
          tls: z.boolean(),
          connections: count,
        }),
      ),
      transfers: z.object({ uploads: count, downloads: count }),
      workers: z.array(WorkerState),
      /** What rests, also where another process does it. */
      pauses: z.array(WorkerPause),
      /** Who starts the server again after it ended; null: nobody, so it cannot be restarted here. */
      restarted_by: z.enum(['service-manager', 'desktop']).nullable(),
      can_stop: z.boolean(),
    }),
  },
})

export const setReadOnly = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/service/readonly',
  operationId: 'setReadOnly',
  summary: 'Stops taking writes, or takes them again.',
  body: z.object({ on: z.boolean(), reason: z.string().max(500).optional() }),
  responses: { 200: ReadOnlyState },
})

export const restartService = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/service/restart',
  operationId: 'restartService',
  summary: 'Lets what is under way finish and starts anew; 409 where nothing would start it again.',
  responses: { 202: z.object({ waits_at_most_seconds: z.number() }) },
})

export const stopService = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/service/stop',
  operationId: 'stopService',
  summary:
    'Lets what is under way finish and ends; 409 where a service manager would start it again.',
  responses: { 202: z.object({ waits_at_most_seconds: z.number() }) },
})

const logLevels = ['debug', 'info', 'warn', 'error'] as const

const ServiceLogLine = z
  .object({
    /** Counts up with each line of this process. */
    seq: z.int().positive(),
    time: z.string(),
    level: z.string(),
    component: z.string(),
    message: z.string(),
    request_id: z.string().nullable(),
    /** Everything else that the line says. */
    fields: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'ServiceLogLine' })

const logFilter = {
  level: z.enum(logLevels).describe('Lines of this level and worse').optional(),
  component: queryText('Lines of this part of the server only').optional(),
  text: z.string().max(500).describe('Lines that contain this, in either case').optional(),
}

export const listServiceLogs = endpoint({
  ...logReader,
  method: 'GET',
  path: '/api/v1/mooring/service/logs',
  operationId: 'listServiceLogs',
  summary: 'The latest lines of the log, the newest first.',
  query: z.object({
    ...logFilter,
    before: queryInteger('Lines before this one').optional(),
    limit: queryInteger('At most so many lines, up to 1000').optional(),
  }),
  responses: {
    200: z.object({
      lines: z.array(ServiceLogLine),
      /** For `before`; null: these are the oldest that are kept. */
      next: z.int().nullable(),
      last_seq: z.int().nonnegative(),
      components: z.array(z.string()),
    }),
  },
})

/**
 * Server-sent events `line`, each with a ServiceLogLine; the id is its `seq`. `Last-Event-ID` or
 * `after` continue. A client that does not accept `text/event-stream` gets what there is, and the end.
 */
export const followServiceLogs = endpoint({
  ...logReader,
  method: 'GET',
  path: '/api/v1/mooring/service/logs/events',
  operationId: 'followServiceLogs',
  summary: 'The lines of the log as they are written.',
  internal: true,
  query: z.object({
    ...logFilter,
    after: queryInteger('Lines after this one').optional(),
  }),
  responses: { 200: z.unknown() },
})
