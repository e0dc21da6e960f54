import type { z } from 'zod'
import type { ContractEndpoint } from '../../support/contract.ts'
import type { OddCall } from './odd-calls.ts'
import type { Answer, Outcome } from './send.ts'

/** What is wrong with how a call was answered; undefined when nothing is. */
export function faultOf(
  endpoint: ContractEndpoint,
  call: OddCall,
  outcome: Outcome,
): string | undefined {
  if (outcome === 'hung') return 'no answer'
  if (outcome === 'broken') return call.cut ? undefined : 'the connection was cut'
  const { status } = outcome
  if (status >= 500 && !isKnownServerError(outcome)) return `answered with ${String(status)}`
  if (call.method === 'HEAD') return outcome.body === '' ? undefined : 'a body for HEAD'
  const isApi = call.path.startsWith('/api/')
  const isItsOwn = call.method === endpoint.method && call.label !== 'path'
  if (status < 300) return isItsOwn ? contentFault(endpoint, outcome) : undefined
  if (status < 400) return isApi && status !== 308 ? 'a redirect' : undefined
  return isApi ? errorFault(endpoint, outcome) : undefined
}

/** Answers above 500 that say something about the world outside or the state, not about a bug. */
function isKnownServerError({ status, body }: Answer): boolean {
  return (
    ([501, 503].includes(status) && body.startsWith('{"')) ||
    (status === 520 && body.includes('"error_type":"downstream_issue"'))
  )
}

function contentFault(
  { responses, rule }: ContractEndpoint,
  { status, body, headers }: Answer,
): string | undefined {
  const schema = responses[String(status)]
  if (schema === undefined) return `the contract knows no answer ${String(status)}`
  if (schema === null) return body === '' ? undefined : 'a body where there should be none'
  if (rule['missing'] === 'null' && body === 'null') return undefined
  const isJson = String(headers['content-type']).startsWith('application/json')
  return schemaFault(schema, isJson ? parseJson(body) : body)
}

function schemaFault(schema: z.ZodType, value: unknown): string | undefined {
  const parsed = schema.safeParse(value)
  if (parsed.success) return undefined
  const [issue] = parsed.error.issues
  const where = issue?.path.map(String).join('.') ?? ''
  return `the body is not what the contract says at "${where}": ${issue?.message ?? ''}`
}

/** One of the forms that clients know: problem document, message, error, detail. */
function errorFault({ responses }: ContractEndpoint, { status, body }: Answer): string | undefined {
  if (status === 429) return undefined
  // Node itself refuses what is no HTTP, or too long a head.
  if (body === '' && [400, 431].includes(status)) return undefined
  const value = parseJson(body)
  if (typeof value !== 'object' || value === null) return 'an error without a JSON body'
  const content = value as Readonly<Record<string, unknown>>
  const isText = (name: string) => typeof content[name] === 'string'
  const isProblem =
    isText('error_type') &&
    content['title'] === content['error_type'] &&
    content['status'] === status &&
    content['detail'] === content['error_message'] &&
    isText('type')
  const isMessage = isText('message') || (typeof content['message'] === 'object' && status === 400)
  if (isProblem || isMessage || isText('error') || isText('detail')) return undefined
  return responses[String(status)]?.safeParse(value).success
    ? undefined
    : 'an error of an unknown form'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
