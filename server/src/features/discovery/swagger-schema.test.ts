import { expect, test } from 'vitest'
import { z } from 'zod'

import { queryFlag, queryInteger } from '../../contract/values.ts'
import { createSwaggerSchemas } from './swagger-schema.ts'

const translate = (schema: z.ZodType, io: 'input' | 'output' = 'output') =>
  createSwaggerSchemas().translate(schema, io)

test.each([
  ['a nullable text', z.string().nullable(), { type: 'string', 'x-nullable': true }],
  ['nothing', z.null(), { 'x-nullable': true }],
  ['a constant', z.literal('a'), { type: 'string', enum: ['a'] }],
  ['anything', z.unknown(), {}],
  [
    'alternatives',
    z.union([z.string(), z.int().nullable()]),
    { 'x-alternatives': [{ type: 'string' }, { type: 'integer', 'x-nullable': true }] },
  ],
  [
    'a map',
    z.record(z.string(), z.boolean()),
    {
      type: 'object',
      additionalProperties: { type: 'boolean' },
    },
  ],
])('knows %s', (_what, schema, expected) => {
  expect(JSON.parse(JSON.stringify(translate(schema)))).toMatchObject(expected)
})

test('says of a query what its words stand for', () => {
  const query = z.object({
    page: queryInteger('Number of the page').optional(),
    all: queryFlag('Whether to show all').optional(),
  })
  expect(translate(query, 'input')['properties']).toEqual({
    page: { type: 'integer', description: 'Number of the page' },
    all: { type: 'boolean', description: 'Whether to show all' },
  })
})

test('collects named objects, and tells two of one name apart', () => {
  const schemas = createSwaggerSchemas()
  const Thing = z.object({ name: z.string(), note: z.string().default('') }).meta({ id: 'Thing' })
  expect(schemas.translate(z.object({ thing: Thing.nullable() }), 'output')).toMatchObject({
    properties: {
      thing: { allOf: [{ $ref: '#/definitions/Thing' }], 'x-nullable': true },
    },
  })
  schemas.translate(z.array(Thing), 'output')
  expect(schemas.translate(Thing.array(), 'input')).toMatchObject({
    items: { $ref: '#/definitions/ThingInput' },
  })
  expect(Object.keys(schemas.definitions())).toEqual(['Thing', 'ThingInput'])
})
