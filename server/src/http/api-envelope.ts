import type { Problem, ProblemCode, ProblemDetail } from '../problem.ts'

/**
 * The bodies that clients of the management API meet (api-shapes, 1.2 and 1.3): the problem document
 * (`envelope`), `{"message"}`, `{"detail"}`, `{"error"}` and plain text.
 */
type Form = 'envelope' | 'message' | 'detail' | 'error' | 'text'

interface ApiError {
  readonly form: Form
  readonly status: number
  /** Of the envelope. */
  readonly type?: string
  readonly text?: string | ((detail: ProblemDetail) => string)
}

export interface ApiAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const given = (otherwise: string) => (detail: ProblemDetail) =>
  typeof detail['message'] === 'string' ? detail['message'] : otherwise

const envelope = (status: number, type: string, text?: ApiError['text']): ApiError => ({
  form: 'envelope',
  status,
  type,
  ...(text !== undefined && { text }),
})
const message = (status: number, text: NonNullable<ApiError['text']>): ApiError => ({
  form: 'message',
  status,
  text,
})

const notFound = envelope(404, 'not_found', given('Not Found'))
const invalid = envelope(400, 'invalid_request', given('Invalid request'))
const unauthenticated = envelope(401, 'invalid_token', given('Requires authentication'))
const unreadableText =
  'The browser (or proxy) sent a request that this server could not understand.'

export const plainNotFound =
  'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.'

const readOnlyText =
  'System is currently read-only. Pulls will succeed but all write operations are currently suspended.'

/** How each problem looks to a client of the management API. */
const apiErrors = {
  unauthenticated,
  'credentials-invalid': unauthenticated,
  'token-invalid': unauthenticated,
  'account-disabled': unauthenticated,
  'anonymous-access-off': { form: 'error', status: 401, text: 'Anonymous access is not allowed' },
  'login-throttled': {
    form: 'text',
    status: 429,
    text: 'Too many login attempts. \nPlease reset your Quay password and try again.',
  },
  'access-denied': envelope(403, 'insufficient_scope', given('Unauthorized')),
  'scope-invalid': invalid,
  'namespace-unknown': notFound,
  'namespace-required': invalid,
  'namespace-disabled': invalid,
  'namespace-invalid': invalid,
  'namespace-taken': invalid,
  'account-unknown': invalid,
  'password-invalid': invalid,
  'email-invalid': invalid,
  'robot-unknown': message(400, given('Could not find robot with specified username')),
  'repository-unknown': notFound,
  'repository-name-invalid': envelope(400, 'invalid_request', 'Invalid repository name'),
  'repository-read-only': message(503, 'Repository is in read only or mirror mode: READ_ONLY'),
  'blob-unknown': notFound,
  'blob-in-use': invalid,
  'blob-too-large': message(413, given('The data value transmitted exceeds the capacity limit.')),
  'digest-invalid': notFound,
  'digest-mismatch': invalid,
  'size-mismatch': invalid,
  'range-invalid': invalid,
  'range-not-satisfiable': invalid,
  'upload-unknown': notFound,
  'upload-out-of-order': invalid,
  'upload-busy': invalid,
  'upload-incomplete': invalid,
  'manifest-unknown': notFound,
  'manifest-invalid': invalid,
  'manifest-too-large': message(
    413,
    given('The data value transmitted exceeds the capacity limit.'),
  ),
  'manifest-media-type': invalid,
  'manifest-blob-unknown': notFound,
  'manifest-child-unknown': notFound,
  'tag-invalid': message(
    400,
    'Invalid tag: must match [A-Za-z0-9_.-], NOT start with "." or "-", and can contain 1-128 characters',
  ),
  'tag-expired': notFound,
  'tag-immutable': envelope(409, 'tag_immutable', (detail) =>
    typeof detail['message'] === 'string'
      ? detail['message']
      : `Cannot overwrite immutable tag '${String(detail['tag'])}'`,
  ),
  'page-invalid': invalid,
  'request-invalid': invalid,
  'method-not-allowed': message(405, 'The method is not allowed for the requested URL.'),
  'route-unknown': message(404, plainNotFound),
  'quota-exceeded': envelope(403, 'insufficient_scope', 'Quota has been exceeded on namespace'),
  'storage-full': message(507, 'The storage of the registry is full. Free space, then try again.'),
  'storage-unavailable': message(
    503,
    'The storage of the registry does not answer. Try again later.',
  ),
  'registry-read-only': message(503, readOnlyText),
  'pushes-disabled': message(503, 'Pushes to the registry are currently disabled.'),
  'not-found': notFound,
  'rule-violated': message(400, given('Invalid request')),
  'state-invalid': { form: 'detail', status: 400, text: given('Invalid request') },
  conflict: message(
    409,
    given(
      'Somebody else changed the same thing at the same time. Look at it again, then repeat the call.',
    ),
  ),
  'fresh-login-required': envelope(401, 'fresh_login_required', 'Requires fresh login'),
  'csrf-invalid': { form: 'error', status: 403, text: 'CSRF token was invalid or missing.' },
  'browser-guard': {
    form: 'error',
    status: 400,
    text: 'API calls must be invoked with an X-Requested-With header if called from a browser',
  },
  'body-media-type': message(
    415,
    "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
  ),
  'body-unreadable': message(400, unreadableText),
  'body-missing': envelope(400, 'invalid_request', 'Missing JSON body'),
  'body-invalid': invalid,
  'body-too-large': message(413, 'The data value transmitted exceeds the capacity limit.'),
  'query-invalid': message(400, given('Invalid request')),
  'response-invalid': envelope(400, 'invalid_response', given('Invalid response')),
  'repository-not-normal': message(
    503,
    (detail) => `Repository is in read only or mirror mode: ${String(detail['state'])}`,
  ),
  'restricted-namespace': message(403, 'Operation not allowed on restricted user owned namespace'),
  'mail-failed': message(
    400,
    'Could not send email. Please contact an administrator and report this problem.',
  ),
  'not-supported': message(501, given('Not implemented')),
  gone: message(410, given('Gone')),
  'external-failure': envelope(520, 'downstream_issue', given('Downstream issue')),
} as const satisfies Record<ProblemCode, ApiError>

export interface ApiErrorContext {
  /** `scheme://host`, the base of the `type` URL. */
  readonly origin: string
  /** Who is logged in; the guards' answers tell. */
  readonly username?: string | undefined
  /** Codes that this route answers as `{"message"}` instead of the problem document. */
  readonly plain?: readonly ProblemCode[] | undefined
}

const contentTypes: Readonly<Record<Form, string>> = {
  message: 'application/json',
  detail: 'application/json',
  envelope: 'application/json',
  // Clients know the guards' answers as JSON that calls itself a page.
  error: 'text/html; charset=utf-8',
  text: 'text/plain; charset=utf-8',
}

export function renderApiProblem(problem: Problem, context: ApiErrorContext): ApiAnswer {
  const error: ApiError = apiErrors[problem.code]
  const form = context.plain?.includes(problem.code) ? 'message' : error.form
  const text = typeof error.text === 'function' ? error.text(problem.detail) : error.text
  const retryAfter = problem.detail['retryAfterSeconds']
  return {
    status: error.status,
    contentType: contentTypes[form],
    body:
      form === 'text'
        ? (text ?? '')
        : JSON.stringify({ ...bodyOf(form, error, text, context, problem), ...extra(problem) }),
    headers: typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {},
  }
}

function bodyOf(
  form: Exclude<Form, 'text'>,
  { type = '', status }: ApiError,
  text: string | undefined,
  { origin, username }: ApiErrorContext,
  problem: Problem,
) {
  switch (form) {
    case 'message':
      return {
        // A wrong query parameter is told under its name.
        message: problem.detail['parameters'] ?? text,
        ...(problem.code === 'registry-read-only' ? { is_readonly: true } : {}),
      }
    case 'detail':
      return { detail: text }
    case 'error':
      return {
        error: username === undefined ? text : `${text ?? ''} (authorized: user ${username})`,
      }
    case 'envelope':
      return {
        ...(text === undefined ? {} : { detail: text, error_message: text }),
        error_type: type,
        title: type,
        type: `${origin}/api/v1/error/${type}`,
        status,
      }
  }
}

/** Further keys at the level of the others, as few errors have them. */
function extra({ detail }: Problem): Readonly<Record<string, unknown>> {
  const keys = detail['extra']
  return typeof keys === 'object' && keys !== null ? { ...keys } : {}
}
