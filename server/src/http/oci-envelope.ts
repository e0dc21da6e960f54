import type { Problem } from '../problem.ts'
import { type ProblemDetail, type RegistryProblemCode } from '../problem.ts'

interface OciError {
  readonly status: number
  /** OCI distribution spec, "Error codes", and the further ones Quay and Docker use. */
  readonly code: string
  readonly message: string | ((detail: ProblemDetail) => string)
}

const text = (key: string, otherwise: string) => (detail: ProblemDetail) => {
  const value = detail[key]
  return typeof value === 'string' ? value : otherwise
}

const unauthorized = 'access to the requested resource is not authorized'

/** How each problem looks to a registry client. */
export const ociErrors = {
  unauthenticated: { status: 401, code: 'UNAUTHORIZED', message: text('message', unauthorized) },
  'credentials-invalid': {
    status: 401,
    code: 'UNAUTHORIZED',
    message: text('message', 'Specified credentials are invalid'),
  },
  'account-disabled': {
    status: 401,
    code: 'UNAUTHORIZED',
    message: text('message', 'This user has been disabled. Please contact your administrator.'),
  },
  'login-throttled': {
    status: 429,
    code: 'TOOMANYREQUESTS',
    message: 'Too many login attempts. \nPlease reset your Quay password and try again.',
  },
  'anonymous-access-off': {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'Anonymous access is not allowed',
  },
  'token-invalid': {
    status: 401,
    code: 'UNAUTHORIZED',
    message: text('reason', 'Invalid bearer token'),
  },
  'access-denied': { status: 401, code: 'UNAUTHORIZED', message: text('message', unauthorized) },
  'scope-invalid': {
    status: 400,
    code: 'INVALID_REQUEST',
    message: text('message', 'Invalid request'),
  },
  'namespace-unknown': { status: 404, code: 'NAME_UNKNOWN', message: 'repository not found' },
  'namespace-required': {
    status: 400,
    code: 'NAME_INVALID',
    message: 'A namespace must be specified explicitly',
  },
  'namespace-disabled': {
    status: 405,
    code: 'DENIED',
    message: (detail) =>
      `Namespace ${String(detail['namespace'])} has been disabled. Please contact a system administrator.`,
  },
  'namespace-invalid': {
    status: 400,
    code: 'NAME_INVALID',
    message: text('message', 'invalid namespace'),
  },
  'namespace-taken': {
    status: 405,
    code: 'UNSUPPORTED',
    message: text('message', 'Cannot create organization'),
  },
  'account-unknown': { status: 404, code: 'NAME_UNKNOWN', message: 'account not found' },
  'password-invalid': {
    status: 400,
    code: 'INVALID_REQUEST',
    message: text('message', 'invalid password'),
  },
  'email-invalid': {
    status: 400,
    code: 'INVALID_REQUEST',
    message: text('message', 'invalid e-mail'),
  },
  'robot-unknown': { status: 404, code: 'NAME_UNKNOWN', message: 'robot not found' },
  'repository-unknown': {
    status: 404,
    code: 'NAME_UNKNOWN',
    message: text('upstream', 'repository not found'),
  },
  'repository-name-invalid': {
    status: 400,
    code: 'NAME_INVALID',
    message: text('message', 'invalid repository name'),
  },
  'repository-read-only': { status: 405, code: 'DENIED', message: 'repository is read-only' },
  'blob-unknown': { status: 404, code: 'BLOB_UNKNOWN', message: 'blob unknown to registry' },
  'blob-in-use': {
    status: 405,
    code: 'UNSUPPORTED',
    message: (detail) =>
      `blob is referenced by manifest ${String(detail['manifest'])} of this repository; delete that manifest first`,
  },
  'blob-too-large': {
    status: 413,
    code: 'SIZE_INVALID',
    message: (detail) =>
      `Uploaded blob is larger than ${String(detail['limitBytes'])} bytes allowed by this registry`,
  },
  'digest-invalid': {
    status: 400,
    code: 'DIGEST_INVALID',
    message: 'digest is malformed or of an unsupported algorithm; use sha256 or sha512',
  },
  'digest-mismatch': {
    status: 400,
    code: 'DIGEST_INVALID',
    message: 'content does not match the digest; nothing was kept',
  },
  'size-mismatch': {
    status: 400,
    code: 'SIZE_INVALID',
    message: text('message', 'fewer or more bytes arrived than the length or range announced'),
  },
  'range-invalid': { status: 400, code: 'INVALID_REQUEST', message: 'Invalid range header' },
  'range-not-satisfiable': {
    status: 416,
    code: 'RANGE_INVALID',
    message: 'the requested range lies outside the blob',
  },
  'upload-unknown': {
    status: 404,
    code: 'BLOB_UPLOAD_UNKNOWN',
    message: 'blob upload unknown to registry',
  },
  'upload-out-of-order': {
    status: 416,
    code: 'BLOB_UPLOAD_INVALID',
    message: (detail) =>
      `chunk does not start where the upload stands; continue at byte ${String(detail['expected'])}`,
  },
  'upload-busy': {
    status: 409,
    code: 'BLOB_UPLOAD_INVALID',
    message: 'another request is writing to this upload',
  },
  'upload-incomplete': {
    status: 400,
    code: 'BLOB_UPLOAD_INVALID',
    message: text('reason', 'blob upload invalid'),
  },
  'manifest-unknown': {
    status: 404,
    code: 'MANIFEST_UNKNOWN',
    message: text('upstream', 'manifest unknown'),
  },
  'manifest-invalid': { status: 400, code: 'MANIFEST_INVALID', message: 'manifest invalid' },
  'manifest-too-large': {
    status: 413,
    code: 'SIZE_INVALID',
    message: (detail) => `manifest is larger than ${String(detail['limitBytes'])} bytes`,
  },
  'manifest-media-type': { status: 415, code: 'MANIFEST_INVALID', message: 'manifest invalid' },
  'manifest-blob-unknown': {
    status: 400,
    code: 'MANIFEST_BLOB_UNKNOWN',
    message: text('message', 'blob unknown to registry'),
  },
  'manifest-child-unknown': {
    status: 400,
    code: 'MANIFEST_BLOB_UNKNOWN',
    message: text('message', 'manifest unknown to registry'),
  },
  'tag-invalid': {
    status: 400,
    code: 'TAG_INVALID',
    message: 'manifest tag did not match the tag grammar',
  },
  'tag-expired': {
    status: 404,
    code: 'TAG_EXPIRED',
    message: (detail) =>
      `Tag ${String(detail['tag'])} was deleted or has expired. To pull, revive via time machine`,
  },
  'tag-immutable': {
    status: 409,
    code: 'TAG_IMMUTABLE',
    message: 'tag is immutable and cannot be overwritten',
  },
  'page-invalid': {
    status: 400,
    code: 'PAGINATION_NUMBER_INVALID',
    message: 'invalid number of results requested',
  },
  'request-invalid': {
    status: 400,
    code: 'INVALID_REQUEST',
    message: text('message', 'Invalid request'),
  },
  'method-not-allowed': {
    status: 405,
    code: 'UNSUPPORTED',
    message: 'The operation is unsupported.',
  },
  'route-unknown': { status: 404, code: 'NAME_UNKNOWN', message: 'no such registry route' },
  'quota-exceeded': {
    status: 403,
    code: 'DENIED',
    message: 'Quota has been exceeded on namespace',
  },
  'storage-full': {
    status: 507,
    code: 'DENIED',
    message:
      'the storage of the registry is full; free space or ask the administrator, then push again',
  },
  'storage-unavailable': {
    status: 503,
    code: 'UNAVAILABLE',
    message:
      'the storage of the registry does not answer; try again later or ask the administrator',
  },
  'registry-read-only': {
    status: 405,
    code: 'DENIED',
    message:
      'System is currently read-only. Pulls will succeed but all write operations are currently suspended.',
  },
  'pushes-disabled': {
    status: 405,
    code: 'METHOD NOT ALLOWED',
    message:
      'Pushes to the registry are currently disabled. Please contact the administrator for more information.',
  },
} as const satisfies Record<RegistryProblemCode, OciError>

/** What only the management API raises, should a shared rule bring it here. */
const otherError: OciError = {
  status: 400,
  code: 'INVALID_REQUEST',
  message: text('message', 'Invalid request'),
}

const bodyless: ReadonlySet<string> = new Set([
  'message',
  'status',
  'retryAfterSeconds',
  'upstream',
])

export interface OciAnswer {
  readonly status: number
  readonly body: string
  readonly retryAfterSeconds?: number
}

export function renderOciProblem(problem: Problem): OciAnswer {
  const error: OciError =
    (ociErrors as Partial<Record<string, OciError>>)[problem.code] ?? otherError
  const message = typeof error.message === 'string' ? error.message : error.message(problem.detail)
  const detail = ociDetail(problem)
  const entry = {
    code: error.code,
    message,
    detail,
    ...(problem.code === 'registry-read-only' ? { is_readonly: true } : {}),
  }
  const retryAfter = problem.detail['retryAfterSeconds']
  // Quay answers these two without the envelope; clients of either kind find what they look for.
  const bare = problem.code === 'token-invalid' || problem.code === 'anonymous-access-off'
  return {
    status: error.status,
    body: JSON.stringify({ errors: [entry], ...(bare ? { error: message } : {}) }),
    ...(typeof retryAfter === 'number' ? { retryAfterSeconds: retryAfter } : {}),
  }
}

/** Quay puts the reason of a refused manifest into `detail.message`; elsewhere detail holds the facts. */
function ociDetail(problem: Problem): unknown {
  const { code, detail } = problem
  if (code.startsWith('manifest-') && typeof detail['message'] === 'string') {
    return { message: detail['message'] }
  }
  if (code === 'access-denied' && detail['restricted'] === true) {
    return 'Disallowed for restricted users.'
  }
  if (code === 'tag-immutable') return { message: `tag '${String(detail['tag'])}' is immutable` }
  return Object.fromEntries(Object.entries(detail).filter(([key]) => !bodyless.has(key)))
}

/** The answer to anything that is no Problem: a bug or a broken world, told by its request id alone. */
export function renderOciFailure(requestId: string): OciAnswer {
  const entry = {
    code: 'UNKNOWN',
    message: `internal error; the log of the registry has it under request ${requestId}`,
    detail: {},
  }
  return { status: 500, body: JSON.stringify({ errors: [entry] }) }
}
