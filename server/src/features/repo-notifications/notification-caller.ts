import { lookup as lookUp } from 'node:dns'
import { Agent as PlainAgent, request as requestPlain } from 'node:http'
import { Agent as TlsAgent, request as requestTls } from 'node:https'
import type { LookupFunction } from 'node:net'

import type { UpstreamProxyConfig } from '../../config/config.ts'
import { goesAround } from '../../upstream/no-proxy.ts'
import type { WebhookAddresses } from './webhook-address.ts'

/** A certificate with its key, in PEM. */
export interface ClientPair {
  readonly cert: string
  readonly key: string
}

export class CallRefused extends Error {
  override readonly name = 'CallRefused'
}

export interface Letter {
  readonly url: URL
  /** JSON. */
  readonly body: string
  /** Shows who calls, where the other side asks for it. */
  readonly pair?: ClientPair | undefined
  /** Of the configuration and nobody's wish: its host is not looked at. */
  readonly isOurs?: boolean
}

export type NotificationCaller = ReturnType<typeof createNotificationCaller>

/**
 * Posts to the addresses that people gave, by the proxy of the site where there is one. Redirects are
 * not followed, and of the answer nothing is read but its status.
 */
export function createNotificationCaller({
  addresses,
  proxy,
  timeoutMs,
}: {
  addresses: WebhookAddresses
  proxy: UpstreamProxyConfig
  timeoutMs: number
}) {
  /** The address that was looked at is the one that is called. */
  const guarded: LookupFunction = (hostname, options, done) => {
    lookUp(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        done(error, [])
        return
      }
      const allowed = found.filter(({ address }) => addresses.mayCall(hostname, address))
      const [first] = allowed
      if (first === undefined) done(new CallRefused('the host leads to this machine'), [])
      else if (options.all === true) done(null, allowed)
      else done(null, first.address, first.family)
    })
  }
  /** Behind a proxy, it is the proxy that looks names up. */
  const wayTo = (url: URL) => {
    const text = url.protocol === 'https:' ? proxy.httpsProxy : proxy.httpProxy
    if (text === undefined || goesAround(url, proxy.noProxy ?? '')) return {}
    const address = addressOf(text)
    return { proxyEnv: { HTTP_PROXY: address, HTTPS_PROXY: address } }
  }

  return {
    /** @returns the status of the answer. @throws Error when nobody answers in time */
    async post({ url, body, pair, isOurs = false }: Letter, signal: AbortSignal): Promise<number> {
      const isTls = url.protocol === 'https:'
      const options = { ...(!isOurs && { lookup: guarded }), ...wayTo(url) }
      const agent = isTls ? new TlsAgent({ ...options, ...pair }) : new PlainAgent(options)
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const request = (isTls ? requestTls : requestPlain)(url, {
        ...{ method: 'POST', agent },
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'User-Agent': 'Mooring',
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      request.on('response', (answer) => {
        answer.on('error', () => undefined)
        answer.destroy()
        resolve(answer.statusCode ?? 0)
      })
      request.on('error', reject)
      request.end(body)
      try {
        return await promise
      } finally {
        agent.destroy()
      }
    },
  }
}

function addressOf(proxy: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`
}
