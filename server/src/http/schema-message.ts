import type { z } from 'zod'

type Issue = z.core.$ZodIssue

/**
 * What is wrong with a body, in the words of the JSON Schema validator that clients know:
 * `'name' is a required property`, `5 is not of type 'string'`, `'x' is not one of ['read', 'write']`.
 */
export function schemaMessage(error: z.ZodError, input: unknown): string {
  const [issue] = error.issues
  return issue === undefined ? 'Invalid request' : describe(issue, input)
}

function describe(issue: Issue, input: unknown): string {
  if (issue.code === 'invalid_union') {
    const [first] = issue.errors.flat()
    if (first !== undefined) {
      return describe({ ...first, path: [...issue.path, ...first.path] }, input)
    }
  }
  const { parent, value, key } = locate(input, issue.path)
  const name = String(key ?? 'body')
  if (value === undefined && typeof parent === 'object') {
    return `${quoted(name)} is a required property`
  }
  switch (issue.code) {
    case 'invalid_type':
      return `${quoted(value)} is not of type ${quoted(typeNames[issue.expected] ?? issue.expected)}`
    case 'invalid_value':
      return `${quoted(value)} is not one of [${issue.values.map(quoted).join(', ')}]`
    case 'too_small':
      return typeof value === 'number'
        ? `${quoted(value)} is less than the minimum of ${String(issue.minimum)}`
        : `${quoted(value)} is too short`
    case 'too_big':
      return typeof value === 'number'
        ? `${quoted(value)} is greater than the maximum of ${String(issue.maximum)}`
        : `${quoted(value)} is too long`
    case 'invalid_format':
      return `${quoted(value)} does not match ${quoted(issue.pattern ?? issue.format)}`
    default:
      return issue.message
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'integer',
  record: 'object',
  map: 'object',
  nan: 'number',
}

const longest = 200

/** As Python prints it, cut: the value is whatever a stranger sent. */
function quoted(value: unknown): string {
  const text = (() => {
    if (value === null || value === undefined) return 'None'
    if (typeof value === 'string') return `'${value}'`
    if (typeof value === 'boolean') return value ? 'True' : 'False'
    return JSON.stringify(value)
  })()
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

function locate(input: unknown, path: readonly PropertyKey[]) {
  let parent: unknown = undefined
  let value = input
  for (const key of path) {
    parent = value
    value =
      typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key)
        ? (parent as Record<PropertyKey, unknown>)[key]
        : undefined
  }
  return { parent, value, key: path.at(-1) }
}
