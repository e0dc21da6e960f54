import type { ProblemCode } from '../problem.ts'

const challenging: ReadonlySet<ProblemCode> = new Set([
  'unauthenticated',
  'credentials-invalid',
  'account-disabled',
  'access-denied',
  'token-invalid',
  'anonymous-access-off',
])

export function isChallenged(code: ProblemCode): boolean {
  return challenging.has(code)
}

/** Tells a client where to get a token, under the very name it used to reach us (Docker token spec). */
export function bearerChallenge(origin: string, service: string, scope?: unknown): string {
  const base = `Bearer realm="${origin}/v2/auth",service="${service}"`
  return typeof scope === 'string' ? `${base},scope="${scope}"` : base
}
