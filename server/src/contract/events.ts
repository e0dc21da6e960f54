import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryText } from './values.ts'

/** What the events of the stream carry, by the name of the event. */
export const LiveEvents = {
  /** A notification of the caller. */
  notification: z.object({ id: z.string(), kind: z.string() }),
  /** Something in a repository changed; look again. `kind` is that of its usage log. */
  repository: z.object({ repository: z.string(), kind: z.string() }),
  /** A job is further than before; `job` names its kind. */
  job: z.object({
    job: z.enum([
      ...(['backup', 'collection', 'scrub', 'mirror'] as const),
      ...(['bundle-export', 'bundle-import', 'bundle-verify'] as const),
    ]),
    id: z.string(),
    progress: z.record(z.string(), z.unknown()),
  }),
  /** The state of a check changed. */
  health: z.object({ state: z.enum(['ok', 'warning', 'error']), changed: z.array(z.string()) }),
  /** Events may have been missed: load everything again. */
  reset: z.object({}),
} as const

/**
 * Server-sent events. The topics are `notifications` and `repositories/{namespace/name}` for everybody
 * who may see them, `jobs` and `health` for superusers. Ids belong to one process: after a restart, or
 * at another instance behind the same name, a stream begins with `reset`. A client that does not accept
 * `text/event-stream` gets what has happened since its `Last-Event-ID`, and the end. Browsers have to
 * read it with fetch, because EventSource cannot send the headers that calls of browsers need.
 */
export const getEvents = endpoint({
  area: 'mooring',
  method: 'GET',
  path: '/api/v1/mooring/events',
  operationId: 'getEvents',
  summary: 'Tells what changes, while it changes.',
  rule: { kind: 'user' },
  scope: 'user:read',
  internal: true,
  query: z.object({
    topics: queryText('Comma-separated: notifications, jobs, health, repositories/namespace/name'),
  }),
  responses: { 200: z.unknown() },
})
