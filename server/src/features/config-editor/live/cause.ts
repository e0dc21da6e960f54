/** What went wrong, in one line and without the secrets that were used. */
export function causeOf(error: unknown, ...secrets: readonly (string | undefined)[]): string {
  let text = textOf(error).replaceAll(/\s+/g, ' ').slice(0, 300)
  for (const secret of secrets) {
    if (secret !== undefined && secret.length > 2) text = text.replaceAll(secret, '***')
  }
  return text
}

function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return textOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'i/o timeout'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return error.message === '' ? code : error.message
}

/** The answer of something that may hang. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Error('i/o timeout'))
  }, ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
