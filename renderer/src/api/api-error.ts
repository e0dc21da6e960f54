/** What a call came to that did not succeed. */
export class ApiError extends Error {
  readonly status: number
  /** What programs depend on: `error_type`, `error` or a code of the appliance, where there is one. */
  readonly code: string | undefined
  /** The text is for people and comes from the server; generic for what it did not expect (5xx). */
  readonly isGeneric: boolean
  readonly requestId: string | undefined
  readonly body: unknown

  constructor(status: number, body: unknown, requestId: string | undefined) {
    const text = textOf(body)
    super(text ?? '')
    this.name = 'ApiError'
    this.status = status
    this.body = body
    this.code = codeOf(body)
    this.requestId = requestId
    this.isGeneric = text === undefined || status >= 500
  }
}

/** The server cannot be reached: the connection, or somebody on the way, answered instead of it. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super('the server cannot be reached', { cause })
    this.name = 'UnreachableError'
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Different areas say it in different places; the first that is there counts. */
function textOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body.trim() === '' ? undefined : body.trim().slice(0, 1_000)
  const fields = fieldsOf(body)
  for (const key of ['detail', 'error_message', 'message', 'error_description', 'text', 'error']) {
    const value = fields[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

function codeOf(body: unknown): string | undefined {
  const fields = fieldsOf(body)
  for (const key of ['code', 'error_type', 'error']) {
    const value = fields[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

function fieldsOf(body: unknown): Fields {
  return typeof body === 'object' && body !== null ? (body as Fields) : {}
}
