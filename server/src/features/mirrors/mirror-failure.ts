import { isProblem, type ProblemCode } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { CopyFault } from '../copying/copy-fault.ts'

/** Why a run or a tag failed; the first ones are the words of Quay's metrics. */
export type FailureCode =
  | 'auth_failed'
  | 'network_timeout'
  | 'connection_error'
  | 'not_found'
  | 'tls_error'
  | 'decryption_failed'
  | 'invalid_source_registry'
  | 'preempted'
  | 'unknown_error'
  | 'rate_limited'
  | 'blob_mismatch'
  | 'manifest_invalid'
  | 'cancelled'
  | 'robot_missing'
  | 'tag_immutable'
  | 'quota_exceeded'
  | 'storage_full'
  | 'not_signed'
  | 'window_closed'
  | 'disconnected'
  | 'name_unknown'
  | 'busy'
  | 'storage_unavailable'
  | 'read_only'

export interface Failure {
  readonly code: FailureCode
  readonly message: string
}

/** A run cannot go on, for a reason of its own. */
export class MirrorFault extends Error {
  override readonly name = 'MirrorFault'
  readonly code: FailureCode

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const longestMessage = 1_000

const copyFaults: Readonly<Record<CopyFault['reason'], FailureCode>> = {
  'digest-mismatch': 'blob_mismatch',
  'size-mismatch': 'blob_mismatch',
  'not-found': 'not_found',
  'schema-1': 'manifest_invalid',
  'manifest-invalid': 'manifest_invalid',
  'no-matching-platform': 'not_found',
  'sparse-index-off': 'manifest_invalid',
}

/** What is wrong with the content, with the room for it, or with the registry itself. */
const problems: Readonly<Partial<Record<ProblemCode, FailureCode>>> = {
  'manifest-invalid': 'manifest_invalid',
  'manifest-too-large': 'manifest_invalid',
  'manifest-media-type': 'manifest_invalid',
  'manifest-blob-unknown': 'manifest_invalid',
  'manifest-child-unknown': 'manifest_invalid',
  'tag-invalid': 'manifest_invalid',
  'digest-invalid': 'manifest_invalid',
  'digest-mismatch': 'blob_mismatch',
  'size-mismatch': 'blob_mismatch',
  'blob-unknown': 'not_found',
  'manifest-unknown': 'not_found',
  'quota-exceeded': 'quota_exceeded',
  'storage-unavailable': 'storage_unavailable',
  'registry-read-only': 'read_only',
  'pushes-disabled': 'read_only',
  'repository-read-only': 'read_only',
}

/** What is told of an error; undefined for one that is no failure of the upstream or of the rules. */
export function knownFailure(error: unknown): Failure | undefined {
  if (error instanceof UpstreamFault && isUnknownName(error)) {
    return { code: 'name_unknown', message: cut(error.message) }
  }
  if (error instanceof MirrorFault || error instanceof UpstreamFault) {
    return { code: error.code, message: cut(error.message) }
  }
  if (error instanceof CopyFault) {
    return { code: copyFaults[error.reason], message: cut(error.message) }
  }
  if (isProblem(error, 'tag-immutable')) {
    return { code: 'tag_immutable', message: 'The tag is immutable here' }
  }
  if (isProblem(error, 'storage-full') || isOutOfSpace(error)) {
    return { code: 'storage_full', message: 'The storage of the registry is full' }
  }
  if (isProblem(error, 'upload-busy')) {
    const message = 'A layer is being removed at this moment; the next run brings it'
    return { code: 'busy', message }
  }
  if (isProblem(error, 'blob-too-large')) {
    return { code: 'quota_exceeded', message: 'A layer is larger than MAXIMUM_LAYER_SIZE' }
  }
  if (isProblem(error)) {
    const { message } = error.detail
    const text = typeof message === 'string' ? `${error.code}: ${message}` : error.code
    return { code: problems[error.code] ?? 'unknown_error', message: cut(text) }
  }
  return undefined
}

/** On a way that does not say so itself. */
function isOutOfSpace(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))
  )
}

function isUnknownName({ code, cause }: UpstreamFault): boolean {
  const found = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return code === 'connection_error' && ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL'].includes(found)
}

export function failureOf(error: unknown): Failure {
  return (
    knownFailure(error) ?? {
      code: 'unknown_error',
      message: 'Something failed in the registry; see its log',
    }
  )
}

function cut(text: string): string {
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text
}
