import { isProblem, Problem } from '../../problem.ts'
import { s3Codes, type S3Code } from './s3-codes.ts'
import type { S3Settings } from './s3-settings.ts'

/** The bucket cannot be used; the message says why and what to do. */
export class S3Fault extends Error {
  override readonly name = 'S3Fault'
  readonly code: S3Code

  constructor(code: S3Code, facts: Readonly<Record<string, string>>, options?: ErrorOptions) {
    const { text, next } = s3Codes[code]
    const fill = (pattern: string) =>
      pattern.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => facts[name] ?? '')
    super(`${code}: ${fill(text)}; ${fill(next)}`, options)
    this.code = code
  }
}

const refusals: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied',
  'Forbidden',
  'AuthorizationHeaderMalformed',
  'InvalidToken',
  'ExpiredToken',
  'CredentialsProviderError',
])

const mistrusts: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

export type FaultOf = (error: unknown) => Error

/** What went wrong with the service, as the problem that callers know; problems stay themselves. */
export function faultsOf({ bucket, endpoint, region }: S3Settings) {
  const place = endpoint ?? `https://s3.${region}.amazonaws.com`
  const s3Fault = (error: unknown) => {
    const facts = { bucket, endpoint: place, reason: reasonOf(error) }
    return new S3Fault(codeOf(error), facts, { cause: error })
  }
  const faultOf: FaultOf = (error) => {
    if (isProblem(error)) return error
    const fault = s3Fault(error)
    if (isFull(error)) return new Problem('storage-full', {}, { cause: fault })
    return new Problem('storage-unavailable', { code: fault.code }, { cause: fault })
  }
  return { s3Fault, faultOf }
}

function codeOf(error: unknown): S3Code {
  const name = error instanceof Error ? error.name : ''
  const status = statusOf(error)
  if (name === 'RequestTimeTooSkewed' || name === 'RequestExpired') return 'MOOR-STO-033'
  if (name === 'NoSuchBucket') return 'MOOR-STO-031'
  if (refusals.has(name) || status === 401 || status === 403) return 'MOOR-STO-032'
  if (mistrusts.has(errnoOf(error))) return 'MOOR-STO-034'
  return status === undefined ? 'MOOR-STO-030' : 'MOOR-STO-035'
}

function isFull(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  return statusOf(error) === 507 || name === 'QuotaExceeded' || name === 'XMinioStorageFull'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given'
  const status = statusOf(error)
  const said = error.message === '' || error.message === 'UnknownError' ? '' : error.message
  const parts = [said === '' ? errnoOf(error) || error.name : said]
  if (status !== undefined) parts.push(`(${error.name}, status ${String(status)})`)
  return parts.join(' ').slice(0, 300)
}

function errnoOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (typeof code === 'string') return code
  return cause instanceof Error ? errnoOf(cause) : ''
}

/** Of the answer; undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  return (error.$metadata as { httpStatusCode?: number }).httpStatusCode
}

export function isAbsent(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  return name === 'NoSuchKey' || (name === 'NotFound' && statusOf(error) === 404)
}
