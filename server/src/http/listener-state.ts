import { Server as HttpsServer } from 'node:https'
import { promisify } from 'node:util'
import type { Listener } from './listen.ts'

export interface ListenerState {
  readonly name: 'https' | 'http' | 'metrics'
  readonly address: string
  readonly port: number
  readonly family: 'IPv4' | 'IPv6' | 'dual-stack'
  readonly tls: boolean
  readonly isListening: boolean
  readonly connections: number
}

/** What a port does now. */
export async function listenerState(
  { server }: Listener,
  { isMetrics, ipv6Only }: { readonly isMetrics: boolean; readonly ipv6Only: boolean },
): Promise<ListenerState> {
  const bound = server.address()
  const isBound = bound !== null && typeof bound !== 'string'
  const address = isBound ? bound.address : ''
  const tls = server instanceof HttpsServer
  const family =
    address === '::' && !ipv6Only ? 'dual-stack' : address.includes(':') ? 'IPv6' : 'IPv4'
  return {
    name: isMetrics ? 'metrics' : tls ? 'https' : 'http',
    address,
    port: isBound ? bound.port : 0,
    family,
    tls,
    isListening: server.listening,
    connections: await promisify(server.getConnections.bind(server))(),
  }
}
