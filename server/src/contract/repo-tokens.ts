import { z } from 'zod'

import { endpoint } from './endpoint.ts'

/** Access tokens of repositories are no more; clients that ask are told so. */
const common = {
  area: 'repo-tokens',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  responses: { 410: z.object({ message: z.string() }) },
} as const
const base = '/api/v1/repository/{repository}/tokens/'

export const listRepoTokens = endpoint({
  ...common,
  method: 'GET',
  path: base,
  operationId: 'listRepoTokens',
  summary: 'Removed: lists access tokens.',
})

export const createToken = endpoint({
  ...common,
  method: 'POST',
  path: base,
  operationId: 'createToken',
  summary: 'Removed: creates an access token.',
})

export const getTokens = endpoint({
  ...common,
  method: 'GET',
  path: `${base}{code}`,
  operationId: 'getTokens',
  summary: 'Removed: shows an access token.',
})

export const changeToken = endpoint({
  ...common,
  method: 'PUT',
  path: `${base}{code}`,
  operationId: 'changeToken',
  summary: 'Removed: changes an access token.',
})

export const deleteToken = endpoint({
  ...common,
  method: 'DELETE',
  path: `${base}{code}`,
  operationId: 'deleteToken',
  summary: 'Removed: deletes an access token.',
})
