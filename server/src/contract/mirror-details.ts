import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { MirrorWish } from './mooring-mirrors.ts'
import { nextPage, nextPageQuery, queryFlag, queryInteger, wireDate } from './values.ts'

const ofRepository = {
  area: 'mooring',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches: ['FEATURE_REPO_MIRROR'],
} as const

export const estimateRepositoryMirror = endpoint({
  ...ofRepository,
  method: 'POST',
  path: '/api/v1/mooring/repository/{repository}/mirror/estimate',
  operationId: 'estimateRepositoryMirror',
  summary: 'How much there would be to fetch: asks for some manifests, and changes nothing.',
  body: MirrorWish,
  responses: {
    200: z.object({
      tags: z.int(),
      /** Those whose manifests were asked for; each may count as a pull upstream. */
      measured: z.int(),
      /** Of those: what is not here yet. */
      bytes: z.int(),
      /** Taking the others to be like those. */
      bytes_of_all: z.int(),
    }),
  },
})

export const MirrorLogLevel = z.enum(['debug', 'info', 'warning', 'error'])

export const listMirrorLog = endpoint({
  ...ofRepository,
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/mirror/log',
  operationId: 'listMirrorLog',
  summary: 'What the last ten runs of a mirror told, line by line, the newest first.',
  query: nextPageQuery.extend({
    level: MirrorLogLevel.describe('Lines of this level and of those above it').optional(),
    search: z.string().max(256).describe('A part of the line').optional(),
    run: queryInteger('Only lines of this run').optional(),
  }),
  responses: {
    200: z.object({
      lines: z.array(
        z.object({
          id: z.int(),
          run: z.int(),
          /** ISO 8601, to the millisecond. */
          at: z.string(),
          level: MirrorLogLevel,
          message: z.string(),
        }),
      ),
      next_page: nextPage,
    }),
  },
})

/**
 * How a tag here stands to the same one upstream: `gone_upstream` came from there once, `only_here` is
 * none that is followed, and for `unknown` the upstream did not say.
 */
export const MirrorContentState = z.enum([
  ...(['in_step', 'behind', 'only_here', 'gone_upstream', 'unknown'] as const),
])

export const listMirrorContent = endpoint({
  ...ofRepository,
  method: 'GET',
  path: '/api/v1/mooring/repository/{repository}/mirror/content',
  operationId: 'listMirrorContent',
  summary: 'The tags of a mirror beside those of its upstream, by name; asks the upstream.',
  query: nextPageQuery.extend({
    refresh: queryFlag('Asks anew what is remembered for five minutes').optional(),
  }),
  responses: {
    200: z.object({
      /** When the upstream listed its tags. */
      checked: wireDate,
      tags: z.array(
        z.object({
          name: z.string(),
          state: MirrorContentState,
          upstream_digest: z.string().nullable(),
          local_digest: z.string().nullable(),
          message: z.string().nullable(),
        }),
      ),
      next_page: nextPage,
    }),
  },
})
