import { z } from 'zod'

import { endpoint, type Rule } from './endpoint.ts'
import { LogEntry } from './logs.ts'
import type { OAuthScope } from './oauth-scopes.ts'
import { queryInteger, queryText, wireDate } from './values.ts'

const filters = {
  from: queryText('Earliest instant, as ISO 8601; a day before the latest as a rule').optional(),
  to: queryText('Latest instant, as ISO 8601; now as a rule').optional(),
  kinds: z.string().max(4_096).describe('Only these kinds, separated by commas').optional(),
  performer: z.string().max(512).describe('Name of the account that acted').optional(),
  repository: z.string().max(1_024).describe('Only about this repository').optional(),
  ip: z.string().max(64).describe('Address of the client, or its beginning').optional(),
  search: z.string().max(256).describe('A part of what the entries tell').optional(),
}
const listFilters = z.object({
  ...filters,
  limit: queryInteger('Rows a page, 1 to 100').optional(),
  page_token: z.string().max(4_096).describe('Where the page before ended').optional(),
})
const downloadFilters = z.object({
  ...filters,
  format: z.enum(['csv', 'jsonl']).describe('Rows, or an object a line').optional(),
})

const LogRow = LogEntry.extend({
  /** Where it happened, as long as that is there. */
  repository: z.string().nullable(),
}).meta({ id: 'LogRow' })

const LogRows = z
  .object({
    from: wireDate,
    to: wireDate,
    items: z.array(LogRow),
    next_page: z.string().optional(),
    /** Whether the search stopped here without having found a whole page; `next_page` goes on. */
    is_partial: z.boolean(),
  })
  .meta({ id: 'LogRows' })

interface Place<R extends Rule, Path extends string> {
  readonly base: Path
  readonly rule: R
  readonly scope: OAuthScope
  readonly whose: string
  readonly name: string
}

function list<const R extends Rule, const Path extends string>(place: Place<R, Path>) {
  const { base, rule, scope, whose, name } = place
  return endpoint({
    area: 'interface',
    method: 'GET',
    path: `${base}/logs`,
    operationId: `list${name}LogRows`,
    summary: `What happened in ${whose}, filtered, newest first.`,
    rule,
    scope,
    query: listFilters,
    responses: { 200: LogRows },
  })
}

function download<const R extends Rule, const Path extends string>(place: Place<R, Path>) {
  const { base, rule, scope, whose, name } = place
  return endpoint({
    area: 'interface',
    method: 'GET',
    path: `${base}/logs/download`,
    operationId: `download${name}Logs`,
    summary: `What happened in ${whose}, filtered, as a file, oldest first.`,
    rule,
    scope,
    query: downloadFilters,
    responses: { 200: z.unknown() },
  })
}

const repository = {
  base: '/api/v1/mooring/repository/{repository}',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  whose: 'a repository',
  name: 'Repository',
} as const
const user = {
  base: '/api/v1/mooring/user',
  rule: { kind: 'user' },
  scope: 'user:admin',
  whose: "the caller's namespace",
  name: 'User',
} as const
const organization = {
  base: '/api/v1/mooring/organization/{orgname}',
  rule: { kind: 'organization', role: 'admin' },
  scope: 'org:admin',
  whose: 'an organization',
  name: 'Organization',
} as const
const registry = {
  base: '/api/v1/mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  whose: 'the whole registry',
  name: 'Registry',
} as const
const superuser = { switches: ['FEATURE_SUPER_USERS'], freshLogin: true } as const

export const listRepositoryLogRows = list(repository)
export const listUserLogRows = list(user)
export const listOrganizationLogRows = list(organization)
export const listRegistryLogRows = { ...list(registry), ...superuser }

export const downloadRepositoryLogs = download(repository)
export const downloadUserLogs = download(user)
export const downloadOrganizationLogs = download(organization)
export const downloadRegistryLogs = { ...download(registry), ...superuser }
