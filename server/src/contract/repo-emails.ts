import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryText } from './values.ts'

const area = 'repo-email'
const switches = ['FEATURE_MAILING'] as const

const RepoEmail = z
  .object({
    email: z.string(),
    repository: z.string(),
    namespace: z.string(),
    confirmed: z.boolean(),
  })
  .meta({ id: 'RepoEmail' })

export const checkRepoEmailAuthorized = endpoint({
  area,
  method: 'GET',
  path: '/api/v1/repository/{repository}/authorizedemail/{email}',
  operationId: 'checkRepoEmailAuthorized',
  summary: 'Whether an address has agreed to be told about a repository.',
  rule: { kind: 'repository', role: 'admin', readers: true },
  scope: 'repo:admin',
  switches,
  internal: true,
  responses: { 200: RepoEmail },
})

export const sendAuthorizeRepoEmail = endpoint({
  area,
  method: 'POST',
  path: '/api/v1/repository/{repository}/authorizedemail/{email}',
  operationId: 'sendAuthorizeRepoEmail',
  summary: 'Asks an address by mail whether it agrees, unless it did.',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches,
  internal: true,
  responses: { 200: RepoEmail },
})

export const confirmRepoEmail = endpoint({
  area: 'session',
  method: 'GET',
  path: '/authrepoemail',
  operationId: 'confirmRepoEmail',
  summary: 'The link of a mail that asks whether an address may be told about a repository.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  switches,
  undocumented: true,
  query: z.object({ code: queryText('The code of the mail').optional() }),
  responses: { 200: z.string(), 403: z.string() },
})
