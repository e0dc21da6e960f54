import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { nextPage, nextPageQuery } from './values.ts'

export const StarredRepository = z
  .object({
    namespace: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    is_public: z.boolean(),
  })
  .meta({ id: 'StarredRepository' })

const common = { area: 'current-user', rule: { kind: 'user' }, scope: 'user:admin' } as const

export const listStarredRepos = endpoint({
  ...common,
  method: 'GET',
  path: '/api/v1/user/starred',
  operationId: 'listStarredRepos',
  summary: 'The repositories that the caller has starred.',
  query: nextPageQuery,
  responses: {
    200: z.object({ repositories: z.array(StarredRepository), next_page: nextPage }),
  },
})

const Star = z.object({ namespace: z.string(), repository: z.string() })

export const createStar = endpoint({
  ...common,
  method: 'POST',
  path: '/api/v1/user/starred',
  operationId: 'createStar',
  summary: 'Stars a repository; null when there is none.',
  body: z.object({ namespace: z.string().max(1_024), repository: z.string().max(1_024) }),
  responses: { 201: Star, 200: z.null() },
})

export const deleteStar = endpoint({
  ...common,
  method: 'DELETE',
  path: '/api/v1/user/starred/{repository}',
  operationId: 'deleteStar',
  summary: 'Takes a star back; null when there is no such repository.',
  responses: { 204: null, 200: z.null() },
})
