import { z } from 'zod'

/** The part of JSON Schema that the contract and the description of the API come out as. */
export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly definitions?: Readonly<Record<string, JsonSchema>>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
}

/** What a client has to send. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

export interface SampleOptions {
  /** Leaves out what may be left out. */
  readonly requiredOnly?: boolean
  /** A text for a field of this name; the first that fits its schema is taken. */
  readonly texts?: (name: string) => readonly string[]
  /** A number for a field of this name, when the least one will not do. */
  readonly numbers?: (name: string) => number | undefined
  /** What a field of this name holds, whatever its schema says; undefined leaves it to the schema. */
  readonly values?: (name: string) => unknown
}

/** A value that fits the schema: plain, and the same every time. */
export function sampleOf(schema: z.ZodType, options: SampleOptions = {}): unknown {
  return sampleOfSchema(jsonSchemaOf(schema), options)
}

/** @param schema with the definitions that it refers to. */
export function sampleOfSchema(schema: JsonSchema, options: SampleOptions = {}): unknown {
  return sample(schema, '', options, schema)
}

const commonTexts = [
  'sample',
  'sample@example.com',
  'https://registry.invalid/x',
  '2030-01-01T00:00:00Z',
]

function sample(
  schema: JsonSchema,
  name: string,
  options: SampleOptions,
  root: JsonSchema,
): unknown {
  const given = options.values?.(name)
  if (given !== undefined) return given
  if (schema.$ref !== undefined) {
    const target = (root.$defs ?? root.definitions)?.[schema.$ref.split('/').at(-1) ?? '']
    return target === undefined ? {} : sample(target, name, options, root)
  }
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  if (choice !== undefined) return sample(choice, name, options, root)
  const type = typeof schema.type === 'object' ? schema.type[0] : schema.type
  switch (type) {
    case 'object':
      return sampleObject(schema, options, root)
    case 'array':
      return Array.from({ length: schema.minItems ?? 1 }, () =>
        sample(schema.items ?? {}, name, options, root),
      )
    case 'string':
      return sampleText(schema, [...(options.texts?.(name) ?? []), ...commonTexts])
    case 'integer':
    case 'number':
      return (
        options.numbers?.(name) ?? Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1)
      )
    case 'boolean':
      return false
    case 'null':
      return null
    default:
      return 'anything'
  }
}

function sampleObject(
  { properties = {}, required = [] }: JsonSchema,
  options: SampleOptions,
  root: JsonSchema,
): object {
  const wanted = Object.entries(properties).filter(
    ([name]) => !options.requiredOnly || required.includes(name),
  )
  return Object.fromEntries(
    wanted.map(([name, schema]) => [name, sample(schema, name, options, root)]),
  )
}

function sampleText(schema: JsonSchema, candidates: readonly string[]): string {
  const { pattern, minLength = 0, maxLength = Infinity } = schema
  const matcher = new RegExp(pattern ?? '', 'u')
  const fits = (text: string) =>
    text.length >= minLength && text.length <= maxLength && matcher.test(text)
  return candidates.find(fits) ?? 'x'.repeat(Math.max(minLength, 1))
}
