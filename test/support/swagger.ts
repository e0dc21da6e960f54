export interface SwaggerOperation {
  readonly operationId: string
  readonly parameters: readonly SwaggerParameter[]
  readonly responses: Readonly<Record<string, SwaggerResponse>>
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly [extra: string]: unknown
}

export interface SwaggerParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'body'
  readonly required: boolean
  readonly type?: string
  readonly schema?: unknown
}

interface SwaggerResponse {
  readonly description: string
  readonly schema?: unknown
}

export interface SwaggerPath {
  readonly parameters: readonly SwaggerParameter[]
  readonly get?: SwaggerOperation
  readonly post?: SwaggerOperation
  readonly put?: SwaggerOperation
  readonly delete?: SwaggerOperation
}

export interface SwaggerDocument {
  readonly swagger: string
  readonly host: string
  readonly basePath: string
  readonly schemes: readonly string[]
  readonly info: { readonly title: string; readonly version: string }
  readonly securityDefinitions: {
    readonly oauth2_implicit: { readonly scopes: Readonly<Record<string, string>> }
  }
  readonly paths: Readonly<Record<string, SwaggerPath>>
  readonly definitions: Readonly<Record<string, unknown>>
  readonly tags: readonly { readonly name: string }[]
}

const types = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])
/** What a schema object of Swagger 2.0 may hold. */
const schemaKeys = new Set(
  (
    '$ref format title description default multipleOf maximum exclusiveMaximum minimum ' +
    'exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties ' +
    'minProperties required enum additionalProperties type items allOf properties discriminator ' +
    'readOnly xml externalDocs example'
  ).split(' '),
)
/** What a parameter may hold that is no body: no references, no objects. */
const parameterKeys = new Set(
  (
    'name in required description type format allowEmptyValue items collectionFormat default ' +
    'maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems ' +
    'minItems uniqueItems enum multipleOf'
  ).split(' '),
)

/** Where a document breaks the rules of Swagger 2.0, as lines for a person. */
export function swaggerProblems(document: SwaggerDocument): readonly string[] {
  const problems: string[] = []
  const check = (isFine: boolean, problem: string) => {
    if (!isFine) problems.push(problem)
  }
  const isDefined = (reference: unknown) =>
    typeof reference === 'string' &&
    Object.hasOwn(document.definitions, reference.replace('#/definitions/', ''))

  function checkSchema(where: string, schema: unknown): void {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
      problems.push(`${where} is no schema`)
      return
    }
    const { $ref, type, items, properties, additionalProperties, allOf, required, ...rest } =
      schema as Record<string, unknown>
    for (const key of Object.keys(rest)) {
      check(key.startsWith('x-') || schemaKeys.has(key), `${where} has ${key}`)
    }
    if ($ref !== undefined) check(isDefined($ref), `${where} refers to ${JSON.stringify($ref)}`)
    if (type !== undefined)
      check(types.has(type as string), `${where} is of type ${JSON.stringify(type)}`)
    if (type === 'array') check(items !== undefined, `${where} has no items`)
    if (items !== undefined) checkSchema(`${where}[]`, items)
    if (typeof additionalProperties === 'object') checkSchema(`${where}.*`, additionalProperties)
    if (required !== undefined) {
      check(Array.isArray(required) && required.length > 0, `${where} requires nothing`)
    }
    for (const [name, inner] of Object.entries(properties ?? {})) {
      checkSchema(`${where}.${name}`, inner)
    }
    for (const inner of (allOf ?? []) as unknown[]) checkSchema(`${where} allOf`, inner)
  }

  function checkParameter(where: string, parameter: SwaggerParameter): void {
    if (parameter.in === 'body') {
      checkSchema(where, parameter.schema)
      return
    }
    for (const key of Object.keys(parameter)) {
      check(key.startsWith('x-') || parameterKeys.has(key), `${where} has ${key}`)
    }
    check(
      types.has(parameter.type ?? '') && parameter.type !== 'object',
      `${where} is of type ${String(parameter.type)}`,
    )
  }

  check(document.swagger === '2.0', 'the version is not 2.0')
  check(!document.host.includes('/') && document.basePath.startsWith('/'), 'the place is wrong')
  for (const [name, schema] of Object.entries(document.definitions)) checkSchema(name, schema)
  const scopes = document.securityDefinitions.oauth2_implicit.scopes
  for (const [path, item] of Object.entries(document.paths)) {
    check(path.startsWith('/'), `${path} does not begin with a slash`)
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
    const given = item.parameters.filter((one) => one.in === 'path' && one.required)
    check(
      JSON.stringify(named) === JSON.stringify(given.map(({ name }) => name).sort()),
      `${path} has other parameters`,
    )
    for (const method of ['get', 'post', 'put', 'delete'] as const) {
      const operation = item[method]
      if (operation === undefined) continue
      const where = `${method} ${path}`
      check(Object.keys(operation.responses).length > 0, `${where} answers nothing`)
      const keys = operation.parameters.map((one) => `${one.in} ${one.name}`)
      check(new Set(keys).size === keys.length, `${where} has a parameter twice`)
      for (const one of operation.parameters) checkParameter(`${where} ${one.name}`, one)
      for (const [status, response] of Object.entries(operation.responses)) {
        check(/^\d{3}$/.test(status), `${where} answers ${status}`)
        check(typeof response.description === 'string', `${where} ${status} is not described`)
        if (response.schema !== undefined) checkSchema(`${where} ${status}`, response.schema)
      }
      for (const wanted of operation.security ?? []) {
        for (const scope of wanted['oauth2_implicit'] ?? []) {
          check(Object.hasOwn(scopes, scope), `${where} needs the scope ${scope}`)
        }
      }
    }
  }
  return problems
}
