import { ApiError, UnreachableError } from '../api/api-error.ts'
import { m } from '../paraglide/messages.js'

export interface Explained {
  readonly message: string
  /** What the administrator finds in the log. */
  readonly requestId?: string
  /** By field of the body, where the server names them. */
  readonly fields?: Readonly<Record<string, string>>
}

/** What went wrong, in words for people: the server's own where it has any that are meant for them. */
export function explain(cause: unknown): Explained {
  if (cause instanceof UnreachableError) return { message: m.error_unreachable() }
  if (!(cause instanceof ApiError)) return { message: m.error_unexpected() }
  const { requestId } = cause
  if (cause.status >= 500 && cause.status !== 503) {
    return requestId === undefined
      ? { message: m.error_unexpected() }
      : { message: m.error_unexpected_id({ id: requestId }), requestId }
  }
  const fields = fieldsOf(cause.body)
  return {
    message: cause.message === '' ? m.error_unable() : cause.message,
    ...(requestId !== undefined && { requestId }),
    ...(fields !== undefined && { fields }),
  }
}

/** `errors: [{field, text|message}]` or `[{pointer, …}]`, as the appliance's own routes answer. */
function fieldsOf(body: unknown): Readonly<Record<string, string>> | undefined {
  const errors = (body as { errors?: unknown } | null | undefined)?.errors
  if (!Array.isArray(errors)) return undefined
  const found = (errors as readonly unknown[]).flatMap((error): [string, string][] => {
    const { field, pointer, text, message } = (error ?? {}) as Record<string, unknown>
    const name = field ?? pointer
    const words = text ?? message
    return typeof name === 'string' && typeof words === 'string' ? [[name, words]] : []
  })
  return found.length === 0 ? undefined : Object.fromEntries(found)
}
