import { Ajv, type ValidateFunction } from 'ajv'

import type { JsonSchema } from '../../support/json-sample.ts'

/** Checks values against the schemas of a description; a schema that is none is an error. */
export function createSchemaCheck() {
  const ajv = new Ajv({ strict: true })
  const compiled = new Map<JsonSchema, ValidateFunction>()

  return {
    /** Why the value does not fit; undefined when it does. */
    faultOf(schema: JsonSchema, value: unknown): string | undefined {
      const validate = compiled.get(schema) ?? ajv.compile(schema)
      compiled.set(schema, validate)
      if (validate(value)) return undefined
      const [error] = validate.errors ?? []
      return `"${error?.instancePath ?? ''}" ${error?.message ?? ''} ${JSON.stringify(error?.params)}`
    },
  }
}

export type SchemaCheck = ReturnType<typeof createSchemaCheck>
