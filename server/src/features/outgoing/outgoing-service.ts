import { lookup } from 'node:dns/promises'
import { request as requestPlain, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP } from 'node:net'

import type { OutgoingConfig } from '../../config/config.ts'
import { allowedTargets, isPublicAddress, plain } from './outgoing-address.ts'

export type OutgoingService = ReturnType<typeof createOutgoingService>

/** Why a URL that somebody gave us is not called. */
export type Refusal = 'invalid' | 'scheme' | 'blocked'

export type CheckedUrl =
  | {
      readonly kind: 'allowed'
      readonly url: URL
      /** The first of those below. */
      readonly address: string | undefined
      readonly addresses: readonly string[]
    }
  | { readonly kind: 'refused'; readonly why: Refusal; readonly scheme: string }

/** Looks names up; throws when there is no such name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>

const answerWithinMs = 10_000
const resolvedWithinMs = 3_000

const systemResolve: ResolveHost = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * Calls the URLs that people give us, but none that leads to this machine or its network, unless
 * SSRF_ALLOWED_HOSTS names it. The address that was checked is the one that is called, redirects are
 * not followed, and nothing waits for an answer for long.
 */
export function createOutgoingService({
  config,
  resolve = systemResolve,
}: {
  config: OutgoingConfig
  resolve?: ResolveHost
}) {
  const allowed = allowedTargets(config.allowedHosts)
  const blocked = new Set(config.blockedHosts.map(plain))

  /** There is no address when the name is not known yet. */
  async function check(text: string): Promise<CheckedUrl> {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const scheme = url?.protocol.replace(':', '') ?? ''
    if (url === undefined) return { kind: 'refused', why: 'invalid', scheme }
    if (scheme !== 'http' && scheme !== 'https') return { kind: 'refused', why: 'scheme', scheme }
    const host = plain(url.hostname)
    if (host === '' || blocked.has(host)) return { kind: 'refused', why: 'blocked', scheme }
    const addresses = isIP(host) === 0 ? await resolveSoon(host) : [host]
    const isFine = (address: string) =>
      allowed.hasHost(host) || allowed.hasAddress(address) || isPublicAddress(address)
    const isLocalName = host === 'localhost' || host.endsWith('.localhost')
    if (!addresses.every(isFine) || (isLocalName && !allowed.hasHost(host))) {
      return { kind: 'refused', why: 'blocked', scheme }
    }
    return { kind: 'allowed', url, address: addresses[0], addresses }
  }

  async function resolveSoon(host: string): Promise<readonly string[]> {
    const late = Promise.withResolvers<readonly string[]>()
    const timer = setTimeout(() => {
      late.resolve([])
    }, resolvedWithinMs)
    try {
      return await Promise.race([resolve(host).catch(() => []), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    check,

    /**
     * Posts JSON. @returns the status of the answer.
     * @throws Error when the URL may not be called, or nobody answers.
     */
    async postJson(text: string, body: unknown, signal?: AbortSignal): Promise<number> {
      const content = JSON.stringify(body)
      const headers = {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(content),
      }
      const answer = await call(await require(text), { method: 'POST', headers, content, signal })
      answer.destroy()
      return answer.statusCode ?? 0
    },

    /**
     * Reads JSON of at most `limitBytes`, over TLS unless SSRF_ALLOWED_HOSTS names the host.
     * @throws Error when the URL may not be called, or nobody answers with that.
     */
    async getJson(text: string, limitBytes: number, signal?: AbortSignal): Promise<unknown> {
      const target = await require(text)
      const { url, address } = target
      const isExempt = allowed.hasHost(plain(url.hostname)) || allowed.hasAddress(address)
      if (url.protocol !== 'https:' && !isExempt) throw new Error('outgoing call without TLS')
      const headers = { Accept: 'application/json' }
      const answer = await call(target, { method: 'GET', headers, content: '', signal })
      try {
        if (answer.statusCode !== 200) {
          throw new Error(`outgoing call answered with ${String(answer.statusCode)}`)
        }
        return JSON.parse(await readText(answer, limitBytes)) as unknown
      } finally {
        answer.destroy()
      }
    },
  }

  async function require(text: string): Promise<Target> {
    const checked = await check(text)
    if (checked.kind === 'refused') throw new Error(`outgoing call refused: ${checked.why}`)
    const { url, address } = checked
    if (address === undefined) throw new Error('the host of an outgoing call has no address')
    return { url, address }
  }
}

interface Target {
  readonly url: URL
  readonly address: string
}

function call(
  { url, address }: Target,
  {
    method,
    headers,
    content,
    signal: stopping,
  }: {
    readonly method: 'GET' | 'POST'
    readonly headers: OutgoingHttpHeaders
    readonly content: string
    readonly signal: AbortSignal | undefined
  },
): Promise<IncomingMessage> {
  const timeout = AbortSignal.timeout(answerWithinMs)
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const family = isIP(address)
  const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
    method,
    agent: false,
    signal: stopping === undefined ? timeout : AbortSignal.any([timeout, stopping]),
    headers,
    // Node asks for the list of addresses, or for one of them.
    lookup: (_host, options, done) => {
      if (options.all === true) done(null, [{ address, family }])
      else done(null, address, family)
    },
  })
  request.on('response', resolve)
  request.on('error', reject)
  request.end(content)
  return promise
}

async function readText(answer: IncomingMessage, limitBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    sizeBytes += piece.length
    if (sizeBytes > limitBytes) throw new Error('the answer to an outgoing call is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}
