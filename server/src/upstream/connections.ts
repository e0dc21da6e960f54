import { Agent as PlainAgent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { isIP } from 'node:net'
import { getCACertificates } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { Destinations } from './destinations.ts'
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
/** Long enough for a satellite; only names with several addresses wait for it. */
const nextAddressAfterMs = 1_000

/** Connections that are kept and used again, apart for every proxy and for unverified TLS. */
export function createConnections({ destinations }: { destinations: Destinations }) {
  const agents = new LRUCache<string, PlainAgent>({ max: 200, dispose: retire })

  return {
    async agentFor(url: URL, { verifyTls = true, authorities, proxy }: Route): Promise<PlainAgent> {
      const isTls = url.protocol === 'https:'
      const proxyUrl = await proxyFor(isTls, proxy)
      const noProxy = proxy?.noProxy
      const key = JSON.stringify([isTls, verifyTls, authorities, proxyUrl, noProxy])
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
          proxyEnv: {
            HTTP_PROXY: proxyUrl,
            HTTPS_PROXY: proxyUrl,
            ...(noProxy !== undefined && { NO_PROXY: noProxy }),
          },
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
      agents.set(key, agent)
      return agent
    },

    close(): void {
      for (const agent of agents.values()) agent.destroy()
      agents.clear()
    },
  }

  /** Node resolves the name of a proxy by itself, so it is given the address that was judged. */
  async function proxyFor(isTls: boolean, proxy: UpstreamProxy | undefined) {
    const text = (isTls ? proxy?.httpsProxy : proxy?.httpProxy)?.trim()
    if (text === undefined || text === '') return undefined
    const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
    if (url === null) throw new UselessProxy('its address cannot be read')
    // Node would pass over what it cannot speak to, and connect directly.
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new UselessProxy(`${url.protocol} is not spoken to proxies`)
    }
    const [address] = await destinations.judge(url.hostname)
    // A proxy behind TLS proves its name, which an address would not do.
    if (url.protocol === 'http:' && address !== undefined) {
      url.hostname = isIP(address) === 6 ? `[${address}]` : address
    }
    return url.href
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
