import { lookup } from 'node:dns/promises'
import { hostname, networkInterfaces } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { isCertificateName } from '@mooring/certs'

/** This machine as its network sees it: what a first start needs to know, and a test invents. */
export interface Network {
  readonly hostname: string
  readonly addresses: readonly NetworkAddress[]
  /** The addresses of a host name; none when nobody knows it, or not quickly. */
  resolve(name: string): Promise<readonly string[]>
}

export interface NetworkAddress {
  readonly address: string
  readonly family: 'IPv4' | 'IPv6'
  /** Loopback. */
  readonly internal: boolean
}

const patienceMs = 200

export function systemNetwork(): Network {
  return {
    hostname: hostname(),
    addresses: Object.values(networkInterfaces()).flatMap((list) => list ?? []),
    async resolve(name) {
      const answered = lookup(name, { all: true }).then(
        (found) => found.map(({ address }) => address),
        () => [],
      )
      // A site without name servers would wait for many seconds here.
      return Promise.race([answered, setTimeout(patienceMs, [], { ref: false })])
    },
  }
}

/** The names that a server's certificate should carry; the public one comes first. */
export function certificateNames(
  network: Pick<Network, 'hostname' | 'addresses'>,
  serverHostname: string,
): readonly string[] {
  const names = [
    hostOf(serverHostname),
    network.hostname.toLowerCase(),
    'localhost',
    '127.0.0.1',
    '::1',
    ...network.addresses.filter(isGlobal).map(({ address }) => address),
  ]
  return [...new Set(names)].filter(isCertificateName)
}

/** `host[:port]` without its port; an IPv6 address without its brackets. */
export function hostOf(hostAndPort: string): string {
  return hostAndPort.replace(/:[0-9]+$/, '').replace(/^\[(.*)\]$/, '$1')
}

export function hasIPv6(network: Pick<Network, 'addresses'>): boolean {
  return network.addresses.some(({ family }) => family === 'IPv6')
}

export function isOwnAddress(network: Pick<Network, 'addresses'>, address: string): boolean {
  // Debian writes a machine's own name as 127.0.1.1, which no interface lists.
  if (/^127\./.test(address) || address === '::1') return true
  return network.addresses.some((own) => own.address === address)
}

/** Link-local addresses mean something on one cable only. */
function isGlobal({ address, internal }: NetworkAddress): boolean {
  return !internal && !/^169\.254\./.test(address) && !/^fe[89ab][0-9a-f]:/i.test(address)
}
