import { IdentityValues } from '../../contract/setup-steps.ts'
import { lastingAddresses, primaryNameOf } from '../host-facts.ts'
import type { Step } from '../step.ts'
import { checkIdentity } from './identity-check.ts'

export const identityStep: Step<'identity'> = {
  id: 'identity',
  schema: IdentityValues,
  async defaults({ machine: { network } }) {
    const primaryName = await primaryNameOf(network)
    const short = network.hostname.toLowerCase().split('.')[0] ?? ''
    return {
      title: 'Mooring',
      primaryName,
      moreNames: short === '' || short === primaryName || short === 'localhost' ? [] : [short],
      addresses: [...lastingAddresses(network)],
      externalPort: null,
    }
  },
  check: checkIdentity,
  summary: ({ title, primaryName, moreNames, addresses, externalPort }) => [
    { label: 'Title', value: title },
    { label: 'Name', value: primaryName },
    { label: 'More names', value: [...moreNames, ...addresses].join(', ') },
    ...(externalPort === null ? [] : [{ label: 'External port', value: String(externalPort) }]),
  ],
}
