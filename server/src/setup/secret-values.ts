import type { SecretValue } from '../contract/setup-fields.ts'

/** Secrets by the id that stands in their place in the state. */
export type StoredSecrets = Readonly<Record<string, string>>

function isSecret(value: object): value is SecretValue {
  const [key, ...more] = Object.keys(value)
  if (more.length > 0) return false
  return (key === 'secret' || key === 'stored') && typeof Object.values(value)[0] === 'string'
}

/**
 * Takes the secrets out of the parsed values of a step.
 * @returns the values with `{ stored: id }` in their places, and the texts that are new.
 */
export async function hideSecrets(
  values: unknown,
  { newId, keepAs }: { newId: () => string; keepAs?: (secret: string) => Promise<string> },
): Promise<{ values: unknown; secrets: StoredSecrets }> {
  const secrets: Record<string, string> = {}
  const hide = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(hide))
    if (typeof value !== 'object' || value === null) return value
    if (isSecret(value)) {
      if ('stored' in value) return value
      const stored = newId()
      secrets[stored] = keepAs === undefined ? value.secret : await keepAs(value.secret)
      return { stored }
    }
    const entries = Object.entries(value).map(async ([key, one]) => [key, await hide(one)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
  return { values: await hide(values), secrets }
}

export class LostSecret extends Error {
  override readonly name = 'LostSecret'
  readonly field: string

  constructor(field: string) {
    super(`the secret of ${field} is not stored here`)
    this.field = field
  }
}

/** Puts the texts back. @throws LostSecret */
export function revealSecrets(values: unknown, secrets: StoredSecrets, field = ''): unknown {
  const below = (key: string | number) => (field === '' ? String(key) : `${field}.${key}`)
  if (Array.isArray(values)) {
    return values.map((value, index) => revealSecrets(value, secrets, below(index)))
  }
  if (typeof values !== 'object' || values === null) return values
  if (isSecret(values)) {
    const text = 'secret' in values ? values.secret : secrets[values.stored]
    if (text === undefined) throw new LostSecret(field)
    return text
  }
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, revealSecrets(value, secrets, below(key))]),
  )
}

/** The ids that values still name. */
export function storedIds(values: unknown): readonly string[] {
  if (typeof values !== 'object' || values === null) return []
  if (isSecret(values)) return 'stored' in values ? [values.stored] : []
  return Object.values(values).flatMap(storedIds)
}
