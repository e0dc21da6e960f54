import { JSONPathEnvironment, type JSONPathQuery, type JSONValue } from 'json-p3'

import { isRecord, type EventData } from './repo-event.ts'

/** A body of one's own for webhooks: a JSON text with `${JSONPath}` in its strings. */
export interface WebhookTemplate {
  /** As JSON. */
  expand(data: EventData): string
}

const longestTemplate = 32_768
const longestExpression = 256
const mostExpressions = 100
const deepest = 50
/** An expression can be written so that it finds everything many times over. */
const mostMatches = 1_000

/** Patterns of people can take for ever, so the functions that take some are left out. */
function pathEnvironment(): JSONPathEnvironment {
  const environment = new JSONPathEnvironment({ maxRecursionDepth: deepest })
  environment.functionRegister.delete('match')
  environment.functionRegister.delete('search')
  return environment
}

/** @throws Error with what is wrong with it */
export function parseTemplate(text: string): WebhookTemplate {
  if (text.length > longestTemplate) throw new Error('The template is too long')
  const template = parseJson(text)
  const environment = pathEnvironment()
  const known = new Map<string, JSONPathQuery>()

  function compile(expression: string): JSONPathQuery {
    const found = known.get(expression)
    if (found !== undefined) return found
    if (expression.length > longestExpression || known.size >= mostExpressions) {
      throw new Error('The template has too many or too long expressions')
    }
    try {
      const query = environment.compile(rooted(expression.trim()))
      known.set(expression, query)
      return query
    } catch {
      throw new Error(`The expression \${${expression}} is no JSONPath`)
    }
  }

  for (const string of stringsIn(template, 0)) expressionsIn(string).forEach(compile)

  /** Everything that an expression finds. */
  function find(expression: string, data: JSONValue): JSONValue[] {
    const values: JSONValue[] = []
    for (const { value } of compile(expression).lazyQuery(data)) {
      values.push(value)
      if (values.length >= mostMatches) break
    }
    return values
  }

  function expandString(string: string, data: JSONValue): JSONValue {
    const only = /^\$\{([^}]*)\}$/.exec(string)?.[1]
    if (only === undefined) return expandText(string, data)
    const [first = null, ...more] = find(only, data)
    return more.length === 0 ? first : [first, ...more]
  }

  const expandText = (string: string, data: JSONValue): string =>
    string.replaceAll(/\$\{([^}]*)\}/g, (_all, expression: string) => {
      const values = find(expression, data)
      return values.length === 0 ? '(none)' : values.map(asText).join(',')
    })

  function expandValue(value: JSONValue, data: JSONValue): JSONValue {
    if (typeof value === 'string') return expandString(value, data)
    if (Array.isArray(value)) return value.map((one) => expandValue(one, data))
    if (!isRecord(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [expandText(key, data), expandValue(one, data)]),
    )
  }

  return {
    expand: (data) => JSON.stringify(expandValue(template, data as JSONValue)),
  }
}

function parseJson(text: string): JSONValue {
  try {
    return JSON.parse(text) as JSONValue
  } catch {
    throw new Error('The template is no JSON')
  }
}

/** `updated_tags[0]` stands for `$.updated_tags[0]`. */
function rooted(expression: string): string {
  if (expression.startsWith('$')) return expression
  return expression.startsWith('[') || expression.startsWith('.')
    ? `$${expression}`
    : `$.${expression}`
}

function expressionsIn(string: string): string[] {
  return [...string.matchAll(/\$\{([^}]*)\}/g)].map(([, expression = '']) => expression)
}

function* stringsIn(value: JSONValue, depth: number): Generator<string> {
  if (depth > deepest) throw new Error('The template is nested too deeply')
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) for (const one of value) yield* stringsIn(one, depth + 1)
  else if (isRecord(value)) {
    for (const [key, one] of Object.entries(value)) {
      yield key
      yield* stringsIn(one, depth + 1)
    }
  }
}

function asText(value: JSONValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
