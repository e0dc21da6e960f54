import type { SeededRandom } from '../../crash/seeded-random.ts'
import type { Operation } from '../../support/api-description.ts'
import { sampleOfSchema } from '../../support/json-sample.ts'
import { encoded, type OddCall } from './odd-calls.ts'
import type { Setting, Values } from './settings.ts'

/**
 * A call as the description means it: what it names is there, what it sends fits, and whatever may be
 * left out is there or not by chance.
 */
export function meantCall(operation: Operation, setting: Setting, random: SeededRandom): OddCall {
  const { values, needed = [], without = [], headers = {} } = setting
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = textOf(values[name] ?? 'unknown')
    return name === 'repository' ? value : encodeURIComponent(value)
  })
  const isSent = (name: string) =>
    needed.includes(name) || (!without.includes(name) && random.chance(0.5))
  const query = operation.query
    .filter(({ name, required }) => required || isSent(name))
    .flatMap(({ name, type }): [string, string][] => {
      const value = values[name] ?? usual[type]
      return value === undefined ? [] : [[name, textOf(value)]]
    })
  const search = query.length === 0 ? '' : `?${new URLSearchParams(query).toString()}`
  const sent = encoded(operation, bodyOf(operation, values, isSent, random))
  return {
    ...sent,
    label: 'meant',
    method: operation.method,
    path: `${path}${search}`,
    headers: { ...sent.headers, ...headers },
  }
}

const usual: Readonly<Record<string, string>> = { boolean: 'true', integer: '1' }
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function bodyOf(
  { body, bodyOptional }: Operation,
  values: Values,
  isSent: (name: string) => boolean,
  random: SeededRandom,
): unknown {
  if (body === undefined || (bodyOptional && random.chance(0.3))) return undefined
  const sample = sampleOfSchema(body, { values: (name) => values[name] })
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) return sample
  return Object.fromEntries(
    Object.entries(sample).filter(
      ([name]) => body.required?.includes(name) === true || isSent(name),
    ),
  )
}
