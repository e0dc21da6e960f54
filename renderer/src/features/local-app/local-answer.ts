export type LocalAnswer =
  | { readonly kind: 'token'; readonly token: string; readonly scopes: readonly string[] }
  | { readonly kind: 'cancelled' | 'missing' | 'forged' }

/**
 * What an authorization came to, as its address says it.
 * @param expected the state that this browser sent, when it remembers one
 */
export function answerOf(
  hash: string,
  query: URLSearchParams,
  expected: string | null,
): LocalAnswer {
  const given = new URLSearchParams(hash.replace(/^#/, ''))
  const value = (name: string) => given.get(name) ?? query.get(name)
  if (value('error') !== null) return { kind: 'cancelled' }
  const token = given.get('access_token')
  if (token === null || token === '') return { kind: 'missing' }
  const state = value('state')
  if (expected !== null && state !== expected) return { kind: 'forged' }
  const scopes = (value('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== '')
  return { kind: 'token', token, scopes }
}
