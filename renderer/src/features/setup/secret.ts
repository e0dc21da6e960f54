/** A secret as the page holds it: what was typed now, or the name of what the server has. */
export interface Secret {
  typed: string
  stored: string | null
}

export const noSecret = (): Secret => ({ typed: '', stored: null })

export const isSecret = (value: unknown): value is Secret =>
  typeof value === 'object' && value !== null && 'typed' in value && 'stored' in value

/** As the server wants it. */
export function sentSecret({ typed, stored }: Secret): string | { stored: string } {
  return typed === '' && stored !== null ? { stored } : typed
}

export function sentSecretOrNull(secret: Secret): string | { stored: string } | null {
  const sent = sentSecret(secret)
  return sent === '' ? null : sent
}

/** Without what was typed as a secret: for a place where anybody could read it. */
export function withoutSecrets(value: unknown): unknown {
  if (isSecret(value)) return { ...value, typed: '' }
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutSecrets(one)]))
}

/**
 * What the server has, laid over a full set of fields: those of a choice that was not made keep
 * theirs, so switching between choices loses nothing.
 */
export function filled<T>(fields: T, given: unknown): T {
  if (given === undefined) return fields
  if (isSecret(fields))
    return (isSecret(given) ? given : { typed: '', stored: storedOf(given) }) as T
  if (given === null) return fields
  if (Array.isArray(fields) || typeof fields !== 'object' || fields === null) return given as T
  const from = given as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, filled(field as unknown, from[name])]),
  ) as T
}

function storedOf(given: unknown): string | null {
  const stored = (given as { stored?: unknown } | null)?.stored
  return typeof stored === 'string' ? stored : null
}
