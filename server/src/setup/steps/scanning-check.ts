import type { TestLine } from '../../contract/setup.ts'
import { probeClair } from '../../probes/clair-probe.ts'
import { proxyFor } from '../outbound.ts'
import type { CheckContext, RevealedValues } from '../step.ts'
import { thisHost } from './this-host.ts'

export async function* checkScanning(
  values: RevealedValues['scanning'],
  context: CheckContext,
): AsyncGenerator<TestLine> {
  if (values.kind === 'none') return
  const { url, psk, ca } = values
  const { outbound } = await context.valuesOf('network')
  const trusted = thisHost().trusted()
  const proxy = proxyFor(url, outbound)
  yield* probeClair({ url, psk, ca: ca === null ? [] : [ca], trusted, proxy }, context)
}
