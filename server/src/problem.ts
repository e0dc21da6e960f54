/**
 * Everything that can be wrong for a caller, as facts. Wording and status belong to the edge: the
 * envelopes in `http/` are total over this union, so a new code cannot be forgotten there.
 */
export type ProblemCode = RegistryProblemCode | ApiProblemCode

export type RegistryProblemCode =
  | 'unauthenticated'
  | 'credentials-invalid'
  | 'account-disabled'
  | 'login-throttled'
  | 'anonymous-access-off'
  | 'token-invalid'
  | 'access-denied'
  | 'scope-invalid'
  | 'namespace-unknown'
  | 'namespace-required'
  | 'namespace-disabled'
  | 'namespace-invalid'
  | 'namespace-taken'
  | 'account-unknown'
  | 'password-invalid'
  | 'email-invalid'
  | 'robot-unknown'
  | 'repository-unknown'
  | 'repository-name-invalid'
  | 'repository-read-only'
  | 'blob-unknown'
  | 'blob-in-use'
  | 'blob-too-large'
  | 'digest-invalid'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'range-invalid'
  | 'range-not-satisfiable'
  | 'upload-unknown'
  | 'upload-out-of-order'
  | 'upload-busy'
  | 'upload-incomplete'
  | 'manifest-unknown'
  | 'manifest-invalid'
  | 'manifest-too-large'
  | 'manifest-media-type'
  | 'manifest-blob-unknown'
  | 'manifest-child-unknown'
  | 'tag-invalid'
  | 'tag-expired'
  | 'tag-immutable'
  | 'page-invalid'
  | 'request-invalid'
  | 'method-not-allowed'
  | 'route-unknown'
  /** The namespace may not grow by what was asked for. */
  | 'quota-exceeded'
  | 'storage-full'
  | 'storage-unavailable'
  | 'registry-read-only'
  | 'pushes-disabled'

/** What only the management API meets. */
export type ApiProblemCode =
  /** Not there, or not for this caller to know of. */
  | 'not-found'
  /** A rule about the data does not allow it; the message says which. */
  | 'rule-violated'
  /** The configuration or state of a mirror or repository does not allow it. */
  | 'state-invalid'
  /** Somebody else changed the same thing at the same moment. */
  | 'conflict'
  | 'fresh-login-required'
  | 'csrf-invalid'
  | 'browser-guard'
  | 'body-media-type'
  | 'body-unreadable'
  | 'body-missing'
  | 'body-invalid'
  | 'body-too-large'
  | 'query-invalid'
  | 'response-invalid'
  | 'repository-not-normal'
  | 'restricted-namespace'
  | 'mail-failed'
  | 'not-supported'
  | 'gone'
  | 'external-failure'

export type ProblemDetail = Readonly<Record<string, unknown>>

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly detail: ProblemDetail

  constructor(code: ProblemCode, detail: ProblemDetail = {}, options?: ErrorOptions) {
    super(code, options)
    this.code = code
    this.detail = detail
  }
}

export function isProblem(error: unknown, code?: ProblemCode): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code)
}

/** The text for the client that some problems carry. */
export function messageOf({ detail }: Problem, otherwise: string): string {
  return typeof detail['message'] === 'string' ? detail['message'] : otherwise
}
