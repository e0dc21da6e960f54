import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { UserForSuperuser } from './superuser-users.ts'
import { queryInteger } from './values.ts'

const text = z.string().max(1_024)

/** A public key as RFC 7517 writes it. */
const PublicJwk = z
  .object({
    kty: z.enum(['RSA', 'EC']),
    kid: text.optional(),
    n: z.string().max(4_096).optional(),
    e: text.optional(),
    crv: text.optional(),
    x: text.optional(),
    y: text.optional(),
  })
  .meta({ id: 'PublicJwk' })

const metadata = z.record(z.string().max(255), z.unknown())
const expiration = z
  .number()
  .nullable()
  .describe('When the key expires, in seconds since 1970; null: never')

const ServiceKey = z
  .object({
    name: z.string(),
    kid: z.string(),
    service: z.string(),
    jwk: PublicJwk,
    metadata,
    created_date: z.string(),
    expiration_date: z.string().nullable(),
    rotation_duration: z.int().nullable(),
    approval: z
      .object({
        approver: UserForSuperuser.nullable(),
        approval_type: z.string(),
        approved_date: z.string(),
        notes: z.string(),
      })
      .nullable(),
  })
  .meta({ id: 'ServiceKey' })

const superuser = {
  area: 'service-keys',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const

export const listServiceKeys = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/keys',
  operationId: 'listServiceKeys',
  summary: 'The keys of services, unapproved and expired ones included.',
  responses: { 200: z.object({ keys: z.array(ServiceKey) }) },
})

export const createServiceKey = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/superuser/keys',
  operationId: 'createServiceKey',
  summary: 'Makes a key for a service, approved. Its private part is shown once and not kept.',
  freshLogin: true,
  body: z.object({
    service: z
      .string()
      .max(255)
      .regex(/^[a-z0-9_]+$/)
      .describe('The service that signs with the key'),
    expiration,
    name: text.optional(),
    metadata: metadata.optional(),
    notes: z.string().max(65_536).optional(),
  }),
  responses: {
    200: z.object({
      kid: z.string(),
      name: z.string(),
      service: z.string(),
      public_key: z.string(),
      private_key: z.string(),
    }),
  },
})

export const getServiceKey = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/superuser/keys/{kid}',
  operationId: 'getServiceKey',
  summary: 'One key.',
  responses: { 200: ServiceKey },
})

export const updateServiceKey = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/superuser/keys/{kid}',
  operationId: 'updateServiceKey',
  summary: 'Changes the name, the expiry or, key by key, the metadata of a key.',
  freshLogin: true,
  body: z.object({
    name: text.optional(),
    metadata: metadata.optional(),
    expiration: expiration.optional(),
  }),
  responses: { 200: ServiceKey },
})

export const deleteServiceKey = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/superuser/keys/{kid}',
  operationId: 'deleteServiceKey',
  summary: 'Removes a key.',
  freshLogin: true,
  responses: { 204: null },
})

export const approveServiceKey = endpoint({
  ...superuser,
  method: 'POST',
  path: '/api/v1/superuser/approvedkeys/{kid}',
  operationId: 'approveServiceKey',
  summary: 'Lets a key be used; one that may be used already stays as it is.',
  freshLogin: true,
  body: z.object({ notes: z.string().max(65_536).optional() }),
  responses: { 201: null },
})

const server = {
  area: 'web-keys',
  rule: { kind: 'anyone', always: true },
  scope: null,
  undocumented: true,
} as const
const service = z.string().regex(/^[a-z0-9_]+$/)
const oneKey = z.object({ service, kid: z.string().regex(/^[\w.:+=~-]{1,255}$/) })
const Message = z.object({ message: z.string() })

export const listPublicKeys = endpoint({
  ...server,
  method: 'GET',
  path: '/keys/services/{service}/keys',
  operationId: 'listPublicKeys',
  summary: 'The public keys of a service that may be used.',
  params: z.object({ service }),
  responses: { 200: z.object({ keys: z.array(PublicJwk) }) },
})

export const getPublicKey = endpoint({
  ...server,
  method: 'GET',
  path: '/keys/services/{service}/keys/{kid}',
  operationId: 'getPublicKey',
  summary: 'One public key of a service.',
  params: oneKey,
  responses: { 200: PublicJwk, 403: Message, 404: Message, 409: Message },
})

export const putPublicKey = endpoint({
  ...server,
  method: 'PUT',
  path: '/keys/services/{service}/keys/{kid}',
  operationId: 'putPublicKey',
  summary: 'A service submits a key for approval, or replaces one of its own that is approved.',
  withoutCsrf: true,
  params: oneKey,
  query: z.object({
    expiration: queryInteger('When the key expires, in seconds since 1970').optional(),
    rotation: queryInteger('Seconds after which the service replaces the key').optional(),
  }),
  body: PublicJwk,
  bodyLimitBytes: 64 * 1024,
  responses: { 200: null, 202: null },
})

export const deletePublicKey = endpoint({
  ...server,
  method: 'DELETE',
  path: '/keys/services/{service}/keys/{kid}',
  operationId: 'deletePublicKey',
  summary: 'A service removes one of its keys.',
  withoutCsrf: true,
  params: oneKey,
  responses: { 204: null },
})
