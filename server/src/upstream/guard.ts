import { describeAsked } from './transport-fault.ts'
import type { Transport } from './transport.ts'
import { UpstreamFault, type UpstreamFaultFacts } from './upstream-fault.ts'

/** Of whatever would be asked now. */
export function disconnectedFault(
  facts: Pick<UpstreamFaultFacts, 'host' | 'asked'>,
): UpstreamFault {
  const reason = 'this site is disconnected from other registries'
  return new UpstreamFault('disconnected', { ...facts, reason })
}

/** Asks nobody while the site is disconnected. */
export function guardedTransport(transport: Transport, isDisconnected: () => boolean): Transport {
  return {
    ...transport,
    async send(sending) {
      if (!isDisconnected()) return transport.send(sending)
      throw disconnectedFault(describeAsked(sending.method, sending.url))
    },
  }
}
