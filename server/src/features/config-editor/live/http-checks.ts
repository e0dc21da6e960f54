import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Trust } from './trust.ts'

const answerWithinMs = 5_000
const largestBytes = 1024 * 1024

export interface Credentials {
  readonly user: string
  readonly password: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export interface HttpQuestion {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface FakeCode {
  readonly clientId: string
  readonly clientSecret: string
  readonly redirectUri: string
  /** The client's credentials as HTTP Basic, else in the body. */
  readonly inHeader: boolean
}

export type HttpChecks = ReturnType<typeof createHttpChecks>

/** Plain questions to the servers that an administrator named; redirects are not followed. */
export function createHttpChecks(trust: Trust) {
  async function ask(address: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
    const url = new URL(address)
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error(`unsupported protocol scheme "${url.protocol.replace(':', '')}"`)
    }
    const isSecure = url.protocol === 'https:'
    const { method = 'GET', headers = {}, body } = question
    const answer = Promise.withResolvers<IncomingMessage>()
    const request = (isSecure ? requestTls : requestPlain)(url, {
      method,
      headers: {
        ...headers,
        ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
      },
      agent: false,
      signal: AbortSignal.timeout(answerWithinMs),
      ...(isSecure && { ca: trust.authorities() }),
    })
    request.on('response', answer.resolve)
    request.on('error', answer.reject)
    request.end(body)
    const message = await answer.promise
    try {
      const text = await readText(message)
      return { status: message.statusCode ?? 0, headers: message.headers, text }
    } finally {
      message.destroy()
    }
  }

  return {
    ask,

    async basicAuthStatus(url: string, credentials: Credentials): Promise<number | undefined> {
      try {
        const headers = { Authorization: basic(credentials), 'User-Agent': 'mooring' }
        return (await ask(url, { headers })).status
      } catch {
        return undefined
      }
    },

    /** Offers a code that nobody gave. @returns the `error` of the answer. */
    async exchangeFakeCode(
      tokenUrl: string,
      { clientId, clientSecret, redirectUri, inHeader }: FakeCode,
    ): Promise<{ readonly status: number; readonly error: string | undefined }> {
      const form = new URLSearchParams({
        grant_type: 'authorization_code',
        code: 'badcode',
        redirect_uri: redirectUri,
        ...(!inHeader && { client_id: clientId, client_secret: clientSecret }),
      })
      const [user, password] = [encodeURIComponent(clientId), encodeURIComponent(clientSecret)]
      const { status, text } = await ask(tokenUrl, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Accept: 'application/json',
          ...(inHeader && { Authorization: basic({ user, password }) }),
        },
        body: form.toString(),
      })
      return { status, error: errorIn(text) }
    },
  }
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function errorIn(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined
    return typeof answer.error === 'string' ? answer.error : undefined
  } catch {
    return undefined
  }
}

async function readText(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of message as AsyncIterable<Buffer>) {
    sizeBytes += piece.length
    if (sizeBytes > largestBytes) throw new Error('the answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}
