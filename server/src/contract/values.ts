import { z } from 'zod'

/** Boolean query parameters as Quay reads them: these few words are false, all others true. */
const falseWords = new Set(['false', 'False', 'FALSE', '0', 'null', ''])

export const queryFlag = (help: string) =>
  z
    .string()
    .transform((text) => !falseWords.has(text))
    .meta({ description: help, type: 'boolean' })

export const queryInteger = (help: string) =>
  z
    .string()
    .regex(/^[+-]?\d{1,15}$/)
    .transform(Number)
    .meta({ description: help, type: 'integer' })

export const queryText = (help: string) => z.string().describe(help)

/** RFC 2822 in UTC with a numeric zone: `Tue, 04 Jan 2022 20:45:26 -0000`. */
export const wireDate = z.string()

/** Opaque; absent on the last page. */
export const nextPage = z.string().optional()

export const nextPageQuery = z.object({
  next_page: queryText('The token of the page that follows').optional(),
})

export const Avatar = z
  .object({
    name: z.string(),
    hash: z.string(),
    color: z.string(),
    kind: z.enum(['user', 'robot', 'org', 'team', 'app']),
  })
  .meta({ id: 'Avatar' })

export const RepositoryRoleName = z.enum(['read', 'write', 'admin'])
export const TeamRoleName = z.enum(['member', 'creator', 'admin'])
