import { z } from 'zod'

import { endpoint, type Rule } from './endpoint.ts'
import type { OAuthScope } from './oauth-scopes.ts'
import { Avatar, nextPage, nextPageQuery, queryText, wireDate } from './values.ts'

const Entity = z.object({
  kind: z.enum(['user', 'org']),
  name: z.string(),
  avatar: Avatar,
})

/** One event. `performer` is absent when nobody was logged in, or the account is gone. */
export const LogEntry = z
  .object({
    kind: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    ip: z.string().nullable(),
    datetime: wireDate,
    performer: Entity.extend({ kind: z.literal('user'), is_robot: z.boolean() }).optional(),
    namespace: Entity.optional(),
  })
  .meta({ id: 'LogEntry' })

const LogPage = z
  .object({
    start_time: wireDate,
    end_time: wireDate,
    logs: z.array(LogEntry),
    next_page: nextPage,
  })
  .meta({ id: 'LogPage' })

const AggregatedLogs = z
  .object({
    aggregated: z.array(
      z.object({ kind: z.string(), count: z.int().positive(), datetime: wireDate }),
    ),
  })
  .meta({ id: 'AggregatedLogs' })

const spanQuery = z.object({
  starttime: queryText('Earliest day of the logs, as MM/DD/YYYY in UTC').optional(),
  endtime: queryText('Latest day of the logs, as MM/DD/YYYY in UTC').optional(),
})
const performerQuery = spanQuery.extend({
  performer: queryText('Name of the account that acted').optional(),
})

const exportBody = z.object({
  callback_url: z.string().max(2048).nullish(),
  callback_email: z.string().max(254).nullish(),
})

interface Place<R extends Rule, Path extends string> {
  readonly base: Path
  readonly rule: R
  readonly scope: OAuthScope
  /** How messages of the contract call it. */
  readonly whose: string
}

const repository = {
  base: '/api/v1/repository/{repository}',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  whose: 'a repository',
} as const satisfies Place<Rule, string>

const user = {
  base: '/api/v1/user',
  rule: { kind: 'user' },
  scope: 'user:admin',
  whose: "the caller's namespace",
} as const satisfies Place<Rule, string>

const organization = {
  base: '/api/v1/organization/{orgname}',
  rule: { kind: 'organization', role: 'admin' },
  scope: 'org:admin',
  whose: 'an organization',
} as const satisfies Place<Rule, string>

function list<const R extends Rule, const Path extends string, Query extends z.ZodObject>(
  { base, rule, scope, whose }: Place<R, Path>,
  operationId: string,
  query: Query,
) {
  return endpoint({
    area: 'logs',
    method: 'GET',
    path: `${base}/logs`,
    operationId,
    summary: `What happened in ${whose}, newest first.`,
    rule,
    scope,
    query,
    responses: { 200: LogPage },
  })
}

function aggregate<const R extends Rule, const Path extends string, Query extends z.ZodObject>(
  { base, rule, scope, whose }: Place<R, Path>,
  operationId: string,
  query: Query,
) {
  return endpoint({
    area: 'logs',
    method: 'GET',
    path: `${base}/aggregatelogs`,
    operationId,
    summary: `How often each kind of event occurred in ${whose}, by day; at most 31 days.`,
    rule,
    scope,
    switches: ['FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL'],
    query,
    responses: { 200: AggregatedLogs },
  })
}

function exportTo<const R extends Rule, const Path extends string>(
  { base, rule, scope, whose }: Place<R, Path>,
  operationId: string,
) {
  return endpoint({
    area: 'logs',
    method: 'POST',
    path: `${base}/exportlogs`,
    operationId,
    summary: `Collects the logs of ${whose} in a file, and says where it is when it is ready.`,
    rule,
    scope,
    switches: ['FEATURE_LOG_EXPORT'],
    query: spanQuery,
    body: exportBody,
    responses: { 200: z.object({ export_id: z.string() }) },
  })
}

export const listRepoLogs = list(repository, 'listRepoLogs', spanQuery.extend(nextPageQuery.shape))
export const listUserLogs = list(user, 'listUserLogs', performerQuery.extend(nextPageQuery.shape))
export const listOrgLogs = list(
  organization,
  'listOrgLogs',
  performerQuery.extend(nextPageQuery.shape),
)

export const getAggregateRepoLogs = aggregate(repository, 'getAggregateRepoLogs', spanQuery)
export const getAggregateUserLogs = aggregate(user, 'getAggregateUserLogs', performerQuery)
export const getAggregateOrgLogs = aggregate(organization, 'getAggregateOrgLogs', performerQuery)

export const exportRepoLogs = exportTo(repository, 'exportRepoLogs')
export const exportUserLogs = exportTo(user, 'exportUserLogs')
export const exportOrgLogs = exportTo(
  { ...organization, rule: { ...organization.rule, readers: true } },
  'exportOrgLogs',
)

export const listAllLogs = endpoint({
  area: 'superuser',
  method: 'GET',
  path: '/api/v1/superuser/logs',
  operationId: 'listAllLogs',
  summary: 'What happened in the whole registry, newest first.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  query: performerQuery.extend(nextPageQuery.shape),
  responses: { 200: LogPage },
})

export const listAllAggregateLogs = endpoint({
  area: 'superuser',
  method: 'GET',
  path: '/api/v1/superuser/aggregatelogs',
  operationId: 'listAllAggregateLogs',
  summary: 'How often each kind of event occurred in the whole registry, by day.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  internal: true,
  query: performerQuery,
  responses: { 200: AggregatedLogs },
})

export const getExportedLogs = endpoint({
  area: 'web-files',
  method: 'GET',
  path: '/exportedlogs/{file_id}',
  operationId: 'getExportedLogs',
  summary: 'The file of an export, for whoever has its link.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  undocumented: true,
  responses: { 200: z.unknown() },
})
