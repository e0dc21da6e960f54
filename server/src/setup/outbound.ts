import { isIPv6 } from 'node:net'
import type { Network } from '../first-start/host-names.ts'
import { goesAround } from '../upstream/no-proxy.ts'
import type { RevealedValues } from './step.ts'

type NetworkStep = RevealedValues['network']

/** The proxy that leads to an address; undefined where the way is direct. */
export function proxyFor(url: string, outbound: NetworkStep['outbound']): URL | undefined {
  if (outbound.kind !== 'proxy') return undefined
  const target = new URL(url)
  if (goesAround(target, outbound.noProxy.join())) return undefined
  const proxy = target.protocol === 'https:' ? outbound.httpsProxy : outbound.httpProxy
  return proxy === null ? undefined : new URL(proxy)
}

/** Addresses of this host on which the registry will be reached, its loopback among them. */
export function listeningAddresses(
  { family, addresses: chosen }: Pick<NetworkStep, 'family' | 'addresses'>,
  { addresses }: Pick<RevealedValues['identity'], 'addresses'>,
  network: Pick<Network, 'addresses'>,
): readonly string[] {
  if (chosen.length > 0) return chosen
  const own = new Set(network.addresses.map((one) => one.address))
  const loopback = ['127.0.0.1', '::1'].filter((one) => own.has(one))
  const reachable = [...loopback, ...addresses].filter(
    (one) => own.has(one) && (family === 'dual-stack' || (family === 'IPv6') === isIPv6(one)),
  )
  return [...new Set(reachable)]
}
