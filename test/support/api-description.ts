import { z } from 'zod'

import type { ContractEndpoint } from './contract.ts'
import type { JsonSchema } from './json-sample.ts'
import type { SwaggerDocument, SwaggerOperation } from './swagger.ts'

/** A call of the management API, as far as somebody knows it who has read only its description. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly operationId: string
  readonly query: readonly QueryParameter[]
  readonly body?: JsonSchema
  readonly bodyOptional?: boolean
  /** The body is a form of a browser. */
  readonly form?: boolean
  /** What an answer of this status holds; null: nothing. */
  readonly responses: Readonly<Record<string, JsonSchema | null>>
}

export interface QueryParameter {
  readonly name: string
  readonly required: boolean
  readonly type: string
}

const methods = ['get', 'post', 'put', 'delete'] as const
type Definitions = Readonly<Record<string, JsonSchema>>

/** Every call that a Swagger document describes. */
export function operationsOf(document: SwaggerDocument): readonly Operation[] {
  const definitions: Definitions = Object.fromEntries(
    Object.entries(document.definitions).map(([name, schema]) => [name, toJsonSchema(schema)]),
  )
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation === undefined ? [] : describe(method, path, operation, definitions)
    }),
  )
}

function describe(
  method: (typeof methods)[number],
  path: string,
  { operationId, parameters, responses }: SwaggerOperation,
  definitions: Definitions,
): Operation {
  const whole = (schema: unknown): JsonSchema => ({ ...toJsonSchema(schema), definitions })
  const body = parameters.find((parameter) => parameter.in === 'body')
  return {
    ...{ method: method.toUpperCase() as Operation['method'], path, operationId },
    query: parameters
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, required, type = 'string' }) => ({ name, required, type })),
    ...(body !== undefined && { body: whole(body.schema), bodyOptional: !body.required }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { schema }]) => [
        status,
        schema === undefined ? null : whole(schema),
      ]),
    ),
  }
}

/** A call that is no part of the description: pages for browsers, health, keys. */
export function operationOf(endpoint: ContractEndpoint): Operation {
  const { method, path, operationId, query, body, bodyOptional, form, responses } = endpoint
  return {
    ...{ method, path, operationId },
    query: query === undefined ? [] : queryParameters(fromZod(query, 'input')),
    ...(body !== undefined && {
      body: fromZod(body, 'input'),
      bodyOptional: bodyOptional ?? false,
    }),
    ...(form !== undefined && { form }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, schema]) => [
        status,
        schema === null ? null : fromZod(schema, 'output'),
      ]),
    ),
  }
}

function queryParameters({ properties = {}, required = [] }: JsonSchema): QueryParameter[] {
  return Object.entries(properties).map(([name, { type }]) => ({
    ...{ name, required: required.includes(name) },
    type: typeof type === 'string' ? type : 'string',
  }))
}

function fromZod(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, {
    io,
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema.id
    },
  }) as JsonSchema
}

/** A schema of Swagger 2.0 with our extensions, in the words of JSON Schema. */
function toJsonSchema(schema: unknown): JsonSchema {
  const swagger = schema as JsonSchema & Readonly<Record<string, unknown>>
  const { 'x-nullable': nullable, 'x-alternatives': alternatives, ...rest } = swagger
  const plain: JsonSchema = {
    ...withBounds(rest),
    ...(rest.properties && { properties: mapValues(rest.properties, toJsonSchema) }),
    ...(rest.items && { items: toJsonSchema(rest.items) }),
    ...(rest.allOf && { allOf: rest.allOf.map(toJsonSchema) }),
    ...(typeof rest.additionalProperties === 'object' && {
      additionalProperties: toJsonSchema(rest.additionalProperties),
    }),
    ...(Array.isArray(alternatives) && { anyOf: alternatives.map(toJsonSchema) }),
  }
  if (nullable !== true) return plain
  const { description, ...real } = plain
  const isNothingElse = Object.keys(real).length === 0
  return isNothingElse ? { type: 'null' } : { anyOf: [real, { type: 'null' }] }
}

/** Swagger says with a flag that a bound itself is left out. */
function withBounds(schema: Readonly<Record<string, unknown>>): JsonSchema {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, ...rest } = schema
  return {
    ...rest,
    ...(minimum !== undefined && {
      [exclusiveMinimum === true ? 'exclusiveMinimum' : 'minimum']: minimum,
    }),
    ...(maximum !== undefined && {
      [exclusiveMaximum === true ? 'exclusiveMaximum' : 'maximum']: maximum,
    }),
  }
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
