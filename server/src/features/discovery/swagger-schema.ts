import { z } from 'zod'

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Translates schemas of the contract into what Swagger 2.0 knows: no null (`x-nullable` stands for it),
 * no alternatives (`x-alternatives` lists them), no tuples. Named objects are collected on the way.
 */
export function createSwaggerSchemas() {
  const definitions = new Map<string, { readonly text: string; readonly schema: unknown }>()

  /** The name under which a definition is listed: what is sent may differ from what is answered. */
  function define(name: string, schema: unknown, io: 'input' | 'output'): string {
    const text = JSON.stringify(schema)
    const known = definitions.get(name)
    if (known !== undefined && known.text !== text) {
      return define(`${name}${io === 'input' ? 'Input' : 'Output'}`, schema, io)
    }
    definitions.set(name, { text, schema })
    return name
  }

  return {
    definitions: (): JsonObject =>
      Object.fromEntries(
        [...definitions]
          .toSorted(([left], [right]) => (left < right ? -1 : 1))
          .map(([name, { schema }]) => [name, schema]),
      ),

    /** @param io `input` for what clients send, `output` for what they get. */
    translate(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
      const { definitions, ...rest } = z.toJSONSchema(schema, {
        target: 'draft-4',
        unrepresentable: 'any',
        io,
      })
      const names = new Map<string, string>()
      for (const [name, definition] of Object.entries(isObject(definitions) ? definitions : {})) {
        names.set(name, define(name, toSwagger(definition, new Map()), io))
      }
      return toSwagger(rest, names)
    },
  }
}

const dropped = new Set([
  '$schema',
  'id',
  'additionalItems',
  'propertyNames',
  'patternProperties',
  'contentEncoding',
  'not',
])

function toSwagger(schema: unknown, names: ReadonlyMap<string, string>): JsonObject {
  if (!isObject(schema)) return {}
  const alternatives = alternativesOf(schema)
  if (alternatives !== undefined) return toAlternatives(schema, alternatives, names)
  if (typeof schema['$ref'] === 'string') {
    const name = schema['$ref'].slice(schema['$ref'].lastIndexOf('/') + 1)
    return { $ref: `#/definitions/${names.get(name) ?? name}` }
  }
  const entries = Object.entries(schema)
    .filter(([key]) => !dropped.has(key))
    .map(([key, value]) => [key, translateKey(key, value, names)] as const)
  const translated: JsonObject = Object.fromEntries(entries)
  // A length that a word of a query has says nothing about the number that it stands for.
  const { pattern, ...rest } = translated
  return pattern !== undefined && translated['type'] === 'string' ? translated : rest
}

function translateKey(key: string, value: unknown, names: ReadonlyMap<string, string>): unknown {
  switch (key) {
    case 'properties':
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([name, inner]) => [name, toSwagger(inner, names)]),
          )
        : value
    case 'items':
      return Array.isArray(value) ? {} : toSwagger(value, names)
    case 'additionalProperties':
      return typeof value === 'boolean' ? value : toSwagger(value, names)
    case 'allOf':
      return Array.isArray(value) ? value.map((inner) => toSwagger(inner, names)) : value
    default:
      return value
  }
}

function alternativesOf(schema: JsonObject): readonly unknown[] | undefined {
  const { anyOf, oneOf, type } = schema
  if (Array.isArray(anyOf)) return anyOf as readonly unknown[]
  if (Array.isArray(oneOf)) return oneOf as readonly unknown[]
  if (!Array.isArray(type)) return type === 'null' ? [schema] : undefined
  return type.map((one: unknown) => ({ ...schema, type: one }))
}

function toAlternatives(
  { description }: JsonObject,
  alternatives: readonly unknown[],
  names: ReadonlyMap<string, string>,
): JsonObject {
  const isNull = (one: unknown) => isObject(one) && one['type'] === 'null'
  const real = alternatives.filter((one) => !isNull(one)).map((one) => toSwagger(one, names))
  const nullable = alternatives.some(isNull) ? { 'x-nullable': true } : {}
  const said = typeof description === 'string' ? { description } : {}
  const [only] = real
  if (only === undefined) return { ...said, ...nullable }
  if (real.length > 1) return { ...said, ...nullable, 'x-alternatives': real }
  return '$ref' in only
    ? { allOf: [only], ...said, ...nullable }
    : { ...only, ...said, ...nullable }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
