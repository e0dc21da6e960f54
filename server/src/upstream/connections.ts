import { Agent as PlainAgent, type ClientRequestArgs } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { isIP, type SocketConstructorOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { getCACertificates } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { Destinations } from './destinations.ts'
import { goesAround } from './no-proxy.ts'
import type { UpstreamAccess, UpstreamProxy } from './upstream.ts'

/** How a registry and those it names are reached. */
export type Route = Pick<UpstreamAccess, 'verifyTls' | 'authorities' | 'proxy'>

/** A proxy that cannot be used; going around it would be worse. */
export class UselessProxy extends Error {
  override readonly name = 'UselessProxy'
}

export type Connections = ReturnType<typeof createConnections>

const mostConnectionsPerHost = 16
const mostIdlePerHost = 8
const idleMs = 30_000
const readBytes = 256 * 1024
/** Long enough for a satellite; only names with several addresses wait for it. */
const nextAddressAfterMs = 1_000

/** Connections that are kept and used again, apart for every proxy and for unverified TLS. */
export function createConnections({
  destinations,
  proxy: siteProxy = {},
}: {
  destinations: Destinations
  /** Of the site, for routes without their own. */
  proxy?: UpstreamProxy | undefined
}) {
  const agents = new LRUCache<string, PlainAgent>({ max: 200, dispose: retire })

  return {
    async agentFor(
      url: URL,
      { verifyTls = true, authorities, proxy: ownProxy }: Route,
    ): Promise<PlainAgent> {
      const isTls = url.protocol === 'https:'
      const isDirect = goesAround(url, ownProxy?.noProxy ?? siteProxy.noProxy ?? '')
      const proxyUrl = isDirect
        ? undefined
        : await proxyFor(isTls ? 'httpsProxy' : 'httpProxy', ownProxy)
      const key = JSON.stringify([isTls, verifyTls, authorities, proxyUrl])
      const known = agents.get(key)
      if (known !== undefined) return known
      const options = {
        keepAlive: true,
        maxSockets: mostConnectionsPerHost,
        maxFreeSockets: mostIdlePerHost,
        timeout: idleMs,
        lookup: destinations.lookup,
        autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
        ...(proxyUrl !== undefined && {
          proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl },
        }),
      }
      const agent = isTls
        ? new TlsAgent({
            ...options,
            ...(authorities && { ca: [...getCACertificates('default'), ...authorities] }),
            rejectUnauthorized: verifyTls,
            allowPartialTrustChain: true,
          })
        : new PlainAgent(options)
      readIntoOneBuffer(agent)
      agents.set(key, agent)
      return agent
    },

    close(): void {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }

  /**
   * Node resolves the name of a proxy by itself, so it is given the address that was judged. That of
   * the site is nobody else's word, and needs no judgement.
   */
  async function proxyFor(key: 'httpsProxy' | 'httpProxy', ownProxy: UpstreamProxy | undefined) {
    const own = ownProxy?.[key]?.trim() ?? ''
    const text = own === '' ? siteProxy[key] : own
    if (text === undefined) return undefined
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
    if (url === null) throw new UselessProxy('its address cannot be read')
    // Node would pass over what it cannot speak to, and connect directly.
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new UselessProxy(`${url.protocol} is not spoken to proxies`)
    }
    if (text === siteProxy[key]) return url.href
    const [address] = await destinations.judge(url.hostname)
    // A proxy behind TLS proves its name, which an address would not do.
    if (url.protocol === 'http:' && address !== undefined) {
      url.hostname = isIP(address) === 6 ? `[${address}]` : address
    }
    return url.href
  }
}

/**
 * Each connection reads into a buffer of its own, again and again: Node would take a fresh one for
 * every 64 KiB, and call for each, while a quick upstream has more than that ready. The parser of HTTP
 * copies what it hands on. Behind a proxy that tunnels, Node's own way stays.
 */
function readIntoOneBuffer(agent: PlainAgent): void {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    // one byte is never read into: what is full would pass for a chunk that can be released
    const buffer = Buffer.allocUnsafeSlow(readBytes + 1).subarray(0, readBytes)
    const callback = (count: number, bytes: Uint8Array) => {
      socket?.emit('data', bytes.subarray(0, count))
      return true
    }
    const withBuffer: ClientRequestArgs & SocketConstructorOpts = {
      ...options,
      onread: { buffer, callback },
    }
    const socket: Duplex | null | undefined = connect(withBuffer, done)
    return socket
  }
}

/** Lets those that are in use finish. */
function retire(agent: PlainAgent): void {
  agent.maxFreeSockets = 0
  closeIdle(agent)
}

/** What broke for one may be broken for those that wait, and nobody would hear of it for long. */
export function closeIdle(agent: PlainAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy()
  }
}
