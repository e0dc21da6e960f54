import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Avatar, queryFlag, queryInteger, queryText } from './values.ts'

const score = z.number()

export const FoundNamespace = z
  .object({
    kind: z.enum(['user', 'organization']),
    title: z.enum(['user', 'org']),
    avatar: Avatar,
    name: z.string(),
    score,
    href: z.string(),
  })
  .meta({ id: 'FoundNamespace' })

export const FoundRepository = z
  .object({
    kind: z.literal('repository'),
    title: z.literal('repo'),
    namespace: FoundNamespace,
    name: z.string(),
    description: z.string().nullable(),
    is_public: z.boolean(),
    score,
    href: z.string(),
    last_modified: z.int().nullable().optional(),
    stars: z.int().optional(),
    popularity: z.number().optional(),
  })
  .meta({ id: 'FoundRepository' })

export const FoundRobot = z
  .object({
    kind: z.literal('robot'),
    title: z.literal('robot'),
    avatar: z.null(),
    name: z.string(),
    short_name: z.string(),
    score,
    href: z.string(),
  })
  .meta({ id: 'FoundRobot' })

export const FoundTeam = z
  .object({
    kind: z.literal('team'),
    name: z.string(),
    organization: FoundNamespace,
    avatar: Avatar,
    score,
    href: z.string(),
  })
  .meta({ id: 'FoundTeam' })

export const Entity = z
  .object({
    name: z.string(),
    kind: z.enum(['user', 'team', 'org', 'external']),
    is_robot: z.boolean().optional(),
    is_org_member: z.boolean().optional(),
    title: z.string().optional(),
    avatar: Avatar,
  })
  .meta({ id: 'Entity' })

export const linkExternalUser = endpoint({
  area: 'search',
  method: 'POST',
  path: '/api/v1/entities/link/{username}',
  operationId: 'linkExternalUser',
  summary: 'Makes an account for somebody of the external directory.',
  rule: { kind: 'handler', who: 'whoever is logged in, where accounts come from a directory' },
  scope: null,
  internal: true,
  responses: { 200: z.object({ entity: Entity }) },
})

export const getMatchingEntities = endpoint({
  area: 'search',
  method: 'GET',
  path: '/api/v1/entities/{prefix}',
  operationId: 'getMatchingEntities',
  summary: 'People, robots, teams and organizations whose name begins so.',
  rule: { kind: 'anyone' },
  scope: null,
  query: z.object({
    namespace: queryText('Whose robots, teams and members are meant').optional(),
    includeTeams: queryFlag('Whether to look for teams').optional(),
    includeOrgs: queryFlag('Whether to look for the organization itself').optional(),
  }),
  responses: { 200: z.object({ results: z.array(Entity) }) },
})

export const conductSearch = endpoint({
  area: 'search',
  method: 'GET',
  path: '/api/v1/find/all',
  operationId: 'conductSearch',
  summary: 'Everything that the caller sees and that is called so.',
  rule: { kind: 'anyone' },
  scope: 'repo:read',
  query: z.object({ query: queryText('What to look for').optional() }),
  responses: {
    200: z.object({
      results: z.array(
        z.discriminatedUnion('kind', [FoundRepository, FoundNamespace, FoundRobot, FoundTeam]),
      ),
    }),
  },
})

export const conductRepoSearch = endpoint({
  area: 'search',
  method: 'GET',
  path: '/api/v1/find/repositories',
  operationId: 'conductRepoSearch',
  summary: 'Repositories that the caller sees and whose name or description says so.',
  rule: { kind: 'anyone' },
  scope: null,
  query: z.object({
    query: queryText('What to look for').optional(),
    page: queryInteger('The page, from 1 on').optional(),
    includeUsage: queryFlag('Whether to tell how much each is used').optional(),
  }),
  responses: {
    200: z.object({
      results: z.array(FoundRepository),
      has_additional: z.boolean(),
      page: z.int(),
      page_size: z.int(),
      start_index: z.int(),
    }),
  },
})
