import { isOwnAddress, type NetworkAddress } from '../first-start/host-names.ts'
import { doubtful, fine, probing, wrong, type Probe, type ProbeContext } from './probe.ts'

/** By which addresses others can reach this host at all. */
export function probeAddresses(
  { lasting }: { readonly lasting: readonly string[] },
  context: ProbeContext,
): Probe {
  return probing(context, 'addresses', 'Looking at the network addresses', () => {
    if (lasting.length === 0) return doubtful('MOOR-NET-006')
    const list = lasting.join(', ')
    return fine(`This host has ${list}`, { addresses: list })
  })
}

/** Whether a chosen address is still one of this host. */
export function probeAddress(
  {
    address,
    addresses,
  }: { readonly address: string; readonly addresses: readonly NetworkAddress[] },
  context: ProbeContext,
): Probe {
  return probing(context, `address:${address}`, `Looking for ${address}`, () =>
    isOwnAddress({ addresses }, address)
      ? fine(`${address} is an address of this host`, { address })
      : wrong('MOOR-NET-007', { address }),
  )
}
