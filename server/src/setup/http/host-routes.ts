import { HostView } from '../../contract/setup.ts'
import { lastingAddresses } from '../host-facts.ts'
import type { Machine } from '../step.ts'
import { sendJson } from './setup-request.ts'
import type { Work } from './setup-work.ts'

/** What the steps about names and addresses choose from. */
export function hostRoutes(machine: Pick<Machine, 'network'>): Readonly<Record<string, Work>> {
  return {
    'GET /host': (_req, res) => {
      const { hostname, addresses } = machine.network
      const lasting = new Set(lastingAddresses(machine.network))
      const own = addresses.filter(({ internal }) => !internal).map(({ address }) => address)
      const view = [...new Set(own)].map((address) => ({ address, lasting: lasting.has(address) }))
      sendJson(res, 200, HostView.parse({ hostname, addresses: view }))
      return Promise.resolve()
    },
  }
}
