import { isOwnAddress, type Network } from '../first-start/host-names.ts'
import { isServerHostname } from '../config/config.ts'

/** Addresses that will be there tomorrow: neither loopback nor of one cable only. */
export function lastingAddresses(network: Pick<Network, 'addresses'>): readonly string[] {
  const lasting = network.addresses.filter(
    ({ address, internal }) =>
      !internal && !/^169\.254\./.test(address) && !/^fe[89ab][0-9a-f]:/i.test(address),
  )
  return [...new Set(lasting.map(({ address }) => address))]
}

/** The host's own name where a look-up leads back to it, else an address of it. */
export async function primaryNameOf(network: Network): Promise<string> {
  const name = network.hostname.toLowerCase()
  if (isServerHostname(name) && name !== 'localhost') {
    const addresses = await network.resolve(name)
    if (addresses.some((address) => isOwnAddress(network, address))) return name
  }
  return lastingAddresses(network)[0] ?? 'localhost'
}
