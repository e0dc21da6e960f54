import type { TestLine } from '../../contract/setup.ts'
import { probeAddress } from '../../probes/address-probe.ts'
import { probeName } from '../../probes/name-probe.ts'
import type { CheckContext, RevealedValues } from '../step.ts'
import { namesOf } from './this-host.ts'

/** Whether what people will type leads here. */
export async function* checkIdentity(
  { primaryName, moreNames, addresses }: RevealedValues['identity'],
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const own = context.machine.network.addresses
  const names = namesOf(context.machine)
  yield* probeName({ name: primaryName, addresses: own, names }, context)
  for (const name of moreNames) {
    for await (const line of probeName({ name, addresses: own, names }, context)) {
      // Nothing but the certificate depends on a further name.
      yield line.state === 'failed' ? { ...line, state: 'warning' } : line
    }
  }
  for (const address of addresses) yield* probeAddress({ address, addresses: own }, context)
}
