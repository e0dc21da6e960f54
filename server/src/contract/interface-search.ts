import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { Avatar } from './values.ts'

const account = z.object({ name: z.string(), avatar: Avatar })
const tag = z.object({ repository: z.string(), name: z.string(), digest: z.string() })

/** At most 10 of each kind; `more` names the kinds of which there are others. */
export const SearchGroups = z
  .object({
    repositories: z.array(
      z.object({
        name: z.string(),
        description: z.string().nullable(),
        visibility: z.enum(['public', 'private']),
      }),
    ),
    tags: z.array(tag),
    digests: z.array(
      z.object({
        repository: z.string(),
        digest: z.string(),
        media_type: z.string(),
        tags: z.array(z.string()),
      }),
    ),
    labels: z.array(tag.omit({ name: true }).extend({ key: z.string(), value: z.string() })),
    organizations: z.array(account),
    users: z.array(account),
    teams: z.array(account.extend({ organization: z.string() })),
    robots: z.array(account),
    more: z.array(
      z.enum([
        ...['repositories', 'tags', 'digests', 'labels'],
        ...['organizations', 'users', 'teams', 'robots'],
      ] as const),
    ),
  })
  .meta({ id: 'SearchGroups' })

export const searchEverything = endpoint({
  area: 'interface',
  method: 'GET',
  path: '/api/v1/mooring/search',
  operationId: 'searchEverything',
  summary: 'What the caller may know of that has the text in its name, a few of each kind.',
  rule: { kind: 'anyone' },
  scope: 'repo:read',
  query: z.object({
    q: z
      .string()
      .max(256)
      .describe('A part of a name, a digest, or key=value of a label')
      .optional(),
  }),
  responses: { 200: SearchGroups },
})
