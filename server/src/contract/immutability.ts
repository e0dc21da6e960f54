import { z } from 'zod'

import { endpoint } from './endpoint.ts'

export const ImmutabilityPolicy = z
  .object({ uuid: z.string(), tagPattern: z.string(), tagPatternMatches: z.boolean() })
  .meta({ id: 'ImmutabilityPolicy' })

const Policies = z.object({ policies: z.array(ImmutabilityPolicy) })
const Created = z.object({ uuid: z.string() })

/** The pattern is judged by the rules of policies, in their own words. */
const NewPolicy = z.object({
  tagPattern: z.string().max(65_536),
  tagPatternMatches: z.boolean().optional(),
})

const ofOrganization = {
  area: 'immutability',
  rule: { kind: 'organization', role: 'admin' },
  scope: 'org:admin',
  switches: ['FEATURE_IMMUTABLE_TAGS'],
} as const
const ofRepository = {
  area: 'immutability',
  rule: { kind: 'repository', role: 'admin' },
  scope: 'repo:admin',
  switches: ['FEATURE_IMMUTABLE_TAGS'],
} as const

const organization = '/api/v1/organization/{orgname}/immutabilitypolicy'
const repository = '/api/v1/repository/{repository}/immutabilitypolicy'

export const listOrgImmutabilityPolicies = endpoint({
  ...ofOrganization,
  method: 'GET',
  path: `${organization}/`,
  operationId: 'listOrgImmutabilityPolicies',
  summary: 'The immutability policies of an organization.',
  responses: { 200: Policies },
})

export const createOrgImmutabilityPolicy = endpoint({
  ...ofOrganization,
  method: 'POST',
  path: `${organization}/`,
  operationId: 'createOrgImmutabilityPolicy',
  summary: 'Makes tags of an organization immutable, those that are there too.',
  body: NewPolicy,
  responses: { 201: Created },
})

export const getOrgImmutabilityPolicy = endpoint({
  ...ofOrganization,
  method: 'GET',
  path: `${organization}/{policy_uuid}`,
  operationId: 'getOrgImmutabilityPolicy',
  summary: 'An immutability policy of an organization.',
  responses: { 200: ImmutabilityPolicy },
})

export const updateOrgImmutabilityPolicy = endpoint({
  ...ofOrganization,
  method: 'PUT',
  path: `${organization}/{policy_uuid}`,
  operationId: 'updateOrgImmutabilityPolicy',
  summary: 'Changes an immutability policy of an organization; no tag becomes mutable by it.',
  body: NewPolicy,
  responses: { 204: null },
})

export const deleteOrgImmutabilityPolicy = endpoint({
  ...ofOrganization,
  method: 'DELETE',
  path: `${organization}/{policy_uuid}`,
  operationId: 'deleteOrgImmutabilityPolicy',
  summary: 'Removes an immutability policy of an organization; no tag becomes mutable by it.',
  responses: { 200: Created },
})

export const listRepositoryImmutabilityPolicies = endpoint({
  ...ofRepository,
  method: 'GET',
  path: `${repository}/`,
  operationId: 'listRepositoryImmutabilityPolicies',
  summary: 'The immutability policies of a repository.',
  responses: { 200: Policies },
})

export const createRepositoryImmutabilityPolicy = endpoint({
  ...ofRepository,
  method: 'POST',
  path: `${repository}/`,
  operationId: 'createRepositoryImmutabilityPolicy',
  summary: 'Makes tags of a repository immutable, those that are there too.',
  body: NewPolicy,
  responses: { 201: Created },
})

export const getRepositoryImmutabilityPolicy = endpoint({
  ...ofRepository,
  method: 'GET',
  path: `${repository}/{policy_uuid}`,
  operationId: 'getRepositoryImmutabilityPolicy',
  summary: 'An immutability policy of a repository.',
  responses: { 200: ImmutabilityPolicy },
})

export const updateRepositoryImmutabilityPolicy = endpoint({
  ...ofRepository,
  method: 'PUT',
  path: `${repository}/{policy_uuid}`,
  operationId: 'updateRepositoryImmutabilityPolicy',
  summary: 'Changes an immutability policy of a repository; no tag becomes mutable by it.',
  body: NewPolicy,
  responses: { 204: null },
})

export const deleteRepositoryImmutabilityPolicy = endpoint({
  ...ofRepository,
  method: 'DELETE',
  path: `${repository}/{policy_uuid}`,
  operationId: 'deleteRepositoryImmutabilityPolicy',
  summary: 'Removes an immutability policy of a repository; no tag becomes mutable by it.',
  responses: { 200: Created },
})
