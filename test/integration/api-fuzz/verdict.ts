import type { Operation } from '../../support/api-description.ts'
import type { OddCall } from './odd-calls.ts'
import type { SchemaCheck } from './schema-check.ts'
import type { Answer, Outcome } from './send.ts'

/** What is wrong with how a call was answered; undefined when nothing is. */
export function faultOf(
  operation: Operation,
  call: OddCall,
  outcome: Outcome,
  check: SchemaCheck,
): string | undefined {
  if (outcome === 'hung') return 'no answer'
  if (outcome === 'broken') return call.cut ? undefined : 'the connection was cut'
  const { status } = outcome
  // There is no body that could say so itself.
  const isDescribedHead = call.method === 'HEAD' && operation.responses[status] !== undefined
  if (status >= 500 && !isDescribedHead && !isKnownServerError(outcome)) {
    return `answered with ${String(status)}`
  }
  if (call.method === 'HEAD') return outcome.body === '' ? undefined : 'a body for HEAD'
  const isApi = call.path.startsWith('/api/')
  const isItsOwn = call.method === operation.method && call.label !== 'path'
  if (status < 300) return isItsOwn ? contentFault(operation, outcome, check) : undefined
  if (status < 400) return isApi && status !== 308 ? 'a redirect' : undefined
  return isApi ? errorFault(operation, outcome, check) : undefined
}

/** Answers above 500 that say something about the world outside or the state, not about a bug. */
function isKnownServerError({ status, body }: Answer): boolean {
  return (
    ([501, 503].includes(status) && body.startsWith('{"')) ||
    (status === 520 && body.includes('"error_type":"downstream_issue"'))
  )
}

function contentFault(
  { responses }: Operation,
  { status, body, headers }: Answer,
  check: SchemaCheck,
): string | undefined {
  const schema = responses[String(status)]
  if (schema === undefined) return `no answer ${String(status)} is described`
  if (schema === null) return body === '' ? undefined : 'a body where there should be none'
  const isJson = String(headers['content-type']).startsWith('application/json')
  const fault = check.faultOf(schema, isJson ? parseJson(body) : body)
  return fault === undefined ? undefined : `the body is not as it is described: ${fault}`
}

/** One of the forms that clients know: problem document, message, error, detail. */
function errorFault(
  { responses }: Operation,
  { status, body }: Answer,
  check: SchemaCheck,
): string | undefined {
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
  const schema = responses[String(status)]
  const isDescribed = schema && check.faultOf(schema, value) === undefined
  return isDescribed ? undefined : 'an error of an unknown form'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
