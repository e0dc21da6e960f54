import { lookup } from 'node:dns/promises'
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP } from 'node:net'

import type { OutgoingConfig } from '../../config/config.ts'
import { allowedTargets, isPublicAddress, plain } from './outgoing-address.ts'

export type OutgoingService = ReturnType<typeof createOutgoingService>

/** Why a URL that somebody gave us is not called. */
export type Refusal = 'invalid' | 'scheme' | 'blocked'

export type CheckedUrl =
  | { readonly kind: 'allowed'; readonly url: URL; readonly address: string | undefined }
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

  /** `address` stays open when the name is not known yet. */
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
    return { kind: 'allowed', url, address: addresses[0] }
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
      const checked = await check(text)
      if (checked.kind === 'refused') throw new Error(`outgoing call refused: ${checked.why}`)
      const { url, address } = checked
      if (address === undefined) throw new Error('the host of an outgoing call has no address')
      return post(url, address, JSON.stringify(body), signal)
    },
  }
}

function post(
  url: URL,
  address: string,
  body: string,
  stopping: AbortSignal | undefined,
): Promise<number> {
  const timeout = AbortSignal.timeout(answerWithinMs)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const family = isIP(address)
  const call = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
    method: 'POST',
    agent: false,
    signal: stopping === undefined ? timeout : AbortSignal.any([timeout, stopping]),
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
    // Node asks for the list of addresses, or for one of them.
    lookup: (_host, options, done) => {
      if (options.all === true) done(null, [{ address, family }])
      else done(null, address, family)
    },
  })
  call.on('response', (answer) => {
    resolve(answer.statusCode ?? 0)
    answer.destroy()
  })
  call.on('error', reject)
  call.end(body)
  return promise
}
