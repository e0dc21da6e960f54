import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { operationsOf, type Operation } from './api-description.ts'
import type { SwaggerDocument } from './swagger.ts'

/** One call that answers with the schema, and takes a body of it. */
function describe(schema: object, definitions: object = {}): Operation {
  const document = {
    ...{ swagger: '2.0', host: 'registry.test', basePath: '/', schemes: ['https'], tags: [] },
    info: { title: 'test', version: 'v1' },
    securityDefinitions: { oauth2_implicit: { scopes: {} } },
    paths: {
      '/thing/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, type: 'string' }],
        put: {
          operationId: 'change',
          parameters: [
            { name: 'all', in: 'query', required: false, type: 'boolean' },
            { name: 'body', in: 'body', required: true, schema },
          ],
          responses: { 200: { description: 'done', schema }, 204: { description: 'nothing' } },
        },
      },
    },
    definitions,
  } as unknown as SwaggerDocument
  const [operation] = operationsOf(document)
  if (operation === undefined) throw new Error('no call')
  return operation
}

const fits = (schema: object, value: unknown, definitions?: object) =>
  new Ajv({ strict: true }).compile(describe(schema, definitions).responses['200'] ?? false)(value)

it('says what a call takes and answers', () => {
  const { method, path, query, bodyOptional, responses } = describe({ type: 'string' })
  expect([method, path, query, bodyOptional]).toEqual([
    'PUT',
    '/thing/{id}',
    [{ name: 'all', required: false, type: 'boolean' }],
    false,
  ])
  expect(responses).toMatchObject({ 200: { type: 'string' }, 204: null })
})

const closed = {
  type: 'object',
  properties: { size: { type: 'integer' } },
  required: ['size'],
  additionalProperties: false,
}

it.each([
  ['a text that may be missing', { type: 'string', 'x-nullable': true }, ['a', null], [5]],
  ['nothing', { 'x-nullable': true }, [null], ['', 0]],
  [
    'a choice of types',
    { 'x-alternatives': [{ type: 'string' }, { type: 'boolean' }] },
    ['a', true],
    [5, null],
  ],
  [
    'a number above a bound',
    { type: 'integer', minimum: 0, exclusiveMinimum: true },
    [1],
    [0, 0.5],
  ],
  ['an object of known fields', closed, [{ size: 1 }], [{}, { size: '1' }, { size: 1, more: 1 }]],
  ['a map', { type: 'object', additionalProperties: closed }, [{ a: { size: 1 } }], [{ a: {} }]],
  ['a list', { type: 'array', items: closed }, [[], [{ size: 1 }]], [[{}]]],
  ['a definition', { $ref: '#/definitions/Thing' }, [{ size: 1 }], [{}, null]],
  [
    'a definition that may be missing',
    { allOf: [{ $ref: '#/definitions/Thing' }], 'x-nullable': true },
    [{ size: 1 }, null],
    [{}],
  ],
])('knows %s', (_what, schema, right, wrong) => {
  const check = (value: unknown) => fits(schema, value, { Thing: closed })
  expect(right.map(check)).toEqual(right.map(() => true))
  expect(wrong.map(check)).toEqual(wrong.map(() => false))
})
