import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { SetupFault } from '../../contract/setup.ts'
import { isEncrypted, isLoopback } from '../../http/client-connection.ts'
import { findingOf, SetupError, type SetupCode } from '../setup-codes.ts'
import { FieldFault, TestFault } from '../setup-faults.ts'

export const sessionCookie = 'mooring_setup'
const cookiePath = '/api/v1/mooring/setup'

const statuses: Partial<Record<SetupCode, number>> = {
  'MOOR-SET-001': 401,
  'MOOR-SET-002': 401,
  'MOOR-SET-003': 429,
  'MOOR-SET-004': 409,
  'MOOR-SET-005': 401,
  'MOOR-SET-006': 403,
  'MOOR-SET-009': 404,
  'MOOR-SET-010': 409,
  'MOOR-SET-011': 409,
  'MOOR-SET-012': 409,
  'MOOR-SET-014': 409,
  'MOOR-SET-015': 409,
  'MOOR-SET-018': 503,
  'MOOR-SET-020': 409,
  'MOOR-SET-021': 503,
  'MOOR-SET-024': 409,
  'MOOR-SET-025': 409,
  'MOOR-SET-027': 409,
  'MOOR-SET-040': 409,
  'MOOR-SET-041': 500,
}

/** Every answer of the setup: nothing of it is for a cache, a frame or another site. */
const plainHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

export function sendText(
  res: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(text)
  res.writeHead(status, {
    ...plainHeaders,
    'Content-Type': type,
    'Content-Length': body.length,
    ...headers,
  })
  res.end(body)
}

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendText(res, status, 'application/json', JSON.stringify(value), headers)
}

/** Headers of an answer that goes on: lines of a test, events of applying. */
export function beginStream(res: ServerResponse, type: string): void {
  res.writeHead(200, { ...plainHeaders, 'Content-Type': type, 'X-Accel-Buffering': 'no' })
  res.flushHeaders()
}

export function sendFault(res: ServerResponse, error: SetupError): void {
  const fault: SetupFault = {
    ...findingOf(error.code, error.facts),
    ...(error instanceof FieldFault && { fields: error.fields }),
    ...(error instanceof TestFault && { tests: [...error.tests] }),
  }
  const { seconds } = error.facts
  const wait = typeof seconds === 'number' ? { 'Retry-After': String(seconds) } : {}
  sendJson(res, statuses[error.code] ?? 400, fault, wait)
}

/**
 * A page of another site can send neither JSON nor its own origin here; what such a page can send
 * is refused. SameSite keeps the cookie away from it as well.
 * @throws SetupError
 */
export function requireOwnPage(req: IncomingMessage): void {
  const { origin, host } = req.headers
  const site = req.headers['sec-fetch-site']
  const own = `${isEncrypted(req) ? 'https' : 'http'}://${host ?? ''}`
  const isForeign =
    (origin !== undefined && origin !== own) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none')
  const type = req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (isForeign || type !== 'application/json') throw new SetupError('MOOR-SET-006')
}

/** @throws SetupError when it is too large, no JSON, or not of this shape. */
export async function readBody<Schema extends z.ZodType>(
  req: IncomingMessage,
  schema: Schema,
  mostBytes: number,
): Promise<z.output<Schema>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new SetupError('MOOR-SET-022')
    chunks.push(chunk)
  }
  let json: unknown
  try {
    json = size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new SetupError('MOOR-SET-022', {}, { cause: error })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new FieldFault(
    parsed.error.issues.map(({ path, message }) => ({
      field: path.map(String).join('.'),
      text: message,
    })),
  )
}

export function sessionToken(req: IncomingMessage): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([name]) => name === sessionCookie)?.[1]
}

/** `Secure` wherever there is TLS; the plain port answers this machine alone. */
export function setSessionCookie(req: IncomingMessage, token: string): Record<string, string> {
  const secure = isEncrypted(req) || !isLoopback(req.socket.remoteAddress) ? '; Secure' : ''
  const life = token === '' ? '; Max-Age=0' : ''
  return {
    'Set-Cookie': `${sessionCookie}=${token}; Path=${cookiePath}; HttpOnly; SameSite=Strict${secure}${life}`,
  }
}
