import { z } from 'zod'

import type { Endpoint } from '../../contract/endpoint.ts'
import { describeScope, oauthScopes } from '../../contract/oauth-scopes.ts'
import { createSwaggerSchemas, type JsonObject } from './swagger-schema.ts'

export interface SwaggerOptions {
  readonly title: string
  /** `host[:port]` */
  readonly host: string
  readonly scheme: 'http' | 'https'
  readonly contacts: readonly string[]
  /** Whether to describe the calls that are not meant for others. */
  readonly internal: boolean
}

type Schemas = ReturnType<typeof createSwaggerSchemas>

const ApiError = z
  .object({
    status: z.int().describe('Status code of the answer.'),
    type: z.string().describe('Address at which the error is described.'),
    detail: z.string().optional().describe('What is wrong in this call.'),
    title: z.string().describe('Name of the type of error.'),
    error_message: z.string().optional().describe('The same as `detail`.'),
    error_type: z.string().describe('The same as `title`.'),
  })
  .meta({ id: 'ApiError' })

const errors = {
  400: 'Bad Request',
  401: 'Session required',
  403: 'Unauthorized access',
  404: 'Not found',
} as const

/** Describes the endpoints as a Swagger 2.0 document (api-shapes, 18). */
export function swaggerDocument(
  endpoints: readonly Endpoint[],
  { title, host, scheme, contacts, internal }: SwaggerOptions,
): JsonObject {
  const schemas = createSwaggerSchemas()
  const apiError = schemas.translate(ApiError, 'output')
  const shown = endpoints.filter(
    (endpoint) => !endpoint.undocumented && (internal || !endpoint.internal),
  )
  const paths = Object.fromEntries(
    [...Map.groupBy(shown, ({ path }) => path)]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, group]) => [path, describePath(path, group, { schemas, apiError, internal })]),
  )
  const areas = [...new Set(shown.map(({ area }) => area))].toSorted()
  const [contact] = contacts
  return {
    swagger: '2.0',
    host,
    basePath: '/',
    schemes: [scheme],
    info: {
      version: 'v1',
      title,
      description: `The API of this registry: everything that its pages do, for programs.`,
      termsOfService: `${scheme}://${host}/tos`,
      contact: contactOf(contact),
    },
    securityDefinitions: {
      oauth2_implicit: {
        type: 'oauth2',
        flow: 'implicit',
        authorizationUrl: `${scheme}://${host}/oauth/authorize`,
        scopes: Object.fromEntries(
          oauthScopes.map((scope) => [scope, describeScope(scope).description]),
        ),
      },
    },
    paths,
    definitions: schemas.definitions(),
    tags: areas.map((name) => ({ name, description: `Calls about ${name.replaceAll('-', ' ')}.` })),
  }
}

interface Context {
  readonly schemas: Schemas
  readonly apiError: JsonObject
  readonly internal: boolean
}

function describePath(path: string, group: readonly Endpoint[], context: Context): JsonObject {
  const [first] = group
  const area = first?.area ?? ''
  const name = `${area}.${capitalized(first?.operationId ?? '')}`
  const isInternal = group.every((endpoint) => endpoint.internal)
  const ofUser = path.replace('/organization/{orgname}/', '/user/')
  return {
    'x-name': name,
    'x-path': path,
    'x-tag': area,
    ...(context.internal && isInternal && { 'x-internal': true }),
    ...(context.internal && ofUser !== path && { 'x-user-related': ofUser }),
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => ({
      name: parameter,
      in: 'path',
      required: true,
      type: 'string',
      description:
        parameter === 'repository'
          ? 'The full path of the repository: namespace/name'
          : `The ${parameter.replaceAll('_', ' ')}`,
    })),
    ...Object.fromEntries(
      group.map((endpoint) => [
        endpoint.method.toLowerCase(),
        describeOperation(endpoint, context),
      ]),
    ),
  }
}

function describeOperation(endpoint: Endpoint, { schemas, apiError, internal }: Context) {
  const { operationId, summary, area, scope } = endpoint
  const failures = Object.entries(errors).map(([status, description]) => [
    status,
    { description, schema: apiError },
  ])
  const answers = Object.entries(endpoint.responses).map(([status, schema]) => [
    status,
    {
      description: successes[status] ?? 'See the status.',
      ...(schema !== null && { schema: schemas.translate(schema, 'output') }),
    },
  ])
  return {
    operationId,
    description: summary,
    tags: [area],
    parameters: [...queryParameters(endpoint, schemas), ...bodyParameter(endpoint, schemas)],
    ...(scope !== null && { security: [{ oauth2_implicit: [scope] }] }),
    responses: Object.fromEntries([...failures, ...answers]) as JsonObject,
    ...(internal && endpoint.internal && { 'x-internal': true }),
    ...(internal && endpoint.freshLogin && { 'x-requires-fresh-login': true }),
  }
}

const successes: Readonly<Record<string, string>> = {
  200: 'Successful invocation',
  201: 'Successful creation',
  202: 'Accepted',
  204: 'Deleted',
  304: 'Not modified',
  503: 'Not healthy',
}

function queryParameters({ query }: Endpoint, schemas: Schemas): JsonObject[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = schemas.translate(query, 'input')
  const wanted = new Set(required as readonly string[])
  return Object.entries(properties as Record<string, JsonObject>).map(([name, schema]) => ({
    name,
    in: 'query',
    required: wanted.has(name),
    type: 'string',
    ...schema,
  }))
}

function bodyParameter({ body, bodyOptional, bytes }: Endpoint, schemas: Schemas): JsonObject[] {
  if (bytes) return [{ name: 'body', in: 'body', schema: { type: 'string', format: 'binary' } }]
  if (body === undefined) return []
  return [
    {
      name: 'body',
      in: 'body',
      description: 'Request body contents.',
      required: !bodyOptional,
      schema: schemas.translate(body, 'input'),
    },
  ]
}

/** CONTACT_INFO is a list of addresses: mailto, irc, tel, https. */
function contactOf(address: string | undefined): JsonObject {
  if (address?.startsWith('mailto:')) return { email: address.slice('mailto:'.length) }
  return address !== undefined && /^https?:\/\//.test(address) ? { url: address } : {}
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
