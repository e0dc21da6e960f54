import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const area = {
  area: 'proxy-cache',
  scope: 'org:admin',
  switches: ['FEATURE_PROXY_CACHE'],
} as const
const admin = { kind: 'organization', role: 'admin' } as const
const path = '/api/v1/organization/{orgname}/proxycache'

/** Ten years: whatever is longer means for ever, which is 0. */
const longestExpirationSeconds = 315_360_000

export const ProxyCacheConfig = z
  .object({
    /** All three are empty texts where nothing is configured. */
    upstream_registry: z.string(),
    expiration_s: z.union([z.int(), z.literal('')]),
    insecure: z.union([z.boolean(), z.literal('')]),
  })
  .meta({ id: 'ProxyCacheConfig' })

const NewProxyCacheConfig = z.object({
  /** `host[:port][/namespace]` */
  upstream_registry: z.string().max(2_048),
  upstream_registry_username: z.string().max(2_048).nullish(),
  upstream_registry_password: z.string().max(65_536).nullish(),
  expiration_s: z.int().min(0).max(longestExpirationSeconds).optional(),
  insecure: z.boolean().optional(),
})

export const getProxyCacheConfig = endpoint({
  ...area,
  method: 'GET',
  path,
  operationId: 'getProxyCacheConfig',
  summary: 'The upstream registry that an organization is a cache of.',
  rule: { kind: 'organization', role: 'member' },
  responses: { 200: ProxyCacheConfig },
})

export const createProxyCacheConfig = endpoint({
  ...area,
  method: 'POST',
  path,
  operationId: 'createProxyCacheConfig',
  summary: 'Makes an organization a cache of an upstream registry.',
  rule: admin,
  body: NewProxyCacheConfig,
  responses: { 201: z.literal('Created') },
})

export const deleteProxyCacheConfig = endpoint({
  ...area,
  method: 'DELETE',
  path,
  operationId: 'deleteProxyCacheConfig',
  summary: 'Makes an ordinary organization of a cache; what it holds stays.',
  rule: admin,
  responses: { 201: z.literal('Deleted') },
})

export const validateProxyCacheConfig = endpoint({
  ...area,
  method: 'POST',
  path: '/api/v1/organization/{orgname}/validateproxycache',
  operationId: 'validateProxyCacheConfig',
  summary: 'Tries an upstream registry and its credentials out.',
  rule: admin,
  body: NewProxyCacheConfig,
  responses: { 202: z.enum(['Valid', 'Anonymous']) },
})
