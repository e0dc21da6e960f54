import { NetworkValues } from '../../contract/setup-steps.ts'
import { hasIPv6 } from '../../first-start/host-names.ts'
import type { Step } from '../step.ts'
import { checkNetwork } from './network-check.ts'

export const networkStep: Step<'network'> = {
  id: 'network',
  schema: NetworkValues,
  async defaults({ machine }) {
    const usual = async (low: number, high: number) =>
      !machine.isDesktop && (await machine.canBind(low)) ? low : high
    return {
      family: hasIPv6(machine.network) ? 'dual-stack' : 'IPv4',
      addresses: [],
      httpsPort: await usual(443, 8443),
      httpPort: await usual(80, 8080),
      httpFor: machine.isDesktop ? 'this-host' : 'network',
      metricsPort: 9091,
      // Out of a container, loopback leads nowhere.
      metricsFor: machine.isContainer ? 'network' : 'this-host',
      tls13Only: false,
      outbound: { kind: 'direct' },
      ...machine.proposedPorts,
    }
  },
  faults: ({ httpsPort, httpPort, metricsPort, family, addresses, outbound }) => {
    const ports = { httpsPort, httpPort, metricsPort }
    const twice = Object.entries(ports).filter(
      ([field, port]) =>
        Object.entries(ports).findIndex(([, other]) => other === port) <
        Object.keys(ports).indexOf(field),
    )
    const isOf = (address: string) =>
      family === 'dual-stack' || (family === 'IPv6') === address.includes(':')
    const addressFaults = addresses.flatMap((address, index) => {
      const field = `addresses.${index}`
      if (!isOf(address)) return [{ field, text: `must be an address of ${family}` }]
      if (addresses.indexOf(address) === index) return []
      return [{ field, text: 'must differ from the other addresses' }]
    })
    const noProxy =
      outbound.kind === 'proxy' && outbound.httpProxy === null && outbound.httpsProxy === null
    return Promise.resolve([
      ...twice.map(([field]) => ({ field, text: 'must differ from the other ports' })),
      ...addressFaults,
      ...(noProxy ? [{ field: 'outbound.httpsProxy', text: 'must name a proxy' }] : []),
    ])
  },
  check: checkNetwork,
  summary: ({ family, addresses, httpsPort, httpPort, metricsPort, outbound }) => [
    {
      label: 'Listens on',
      value: addresses.length > 0 ? addresses.join(', ') : `all addresses (${family})`,
    },
    { label: 'Ports', value: `HTTPS ${httpsPort}, HTTP ${httpPort}, metrics ${metricsPort}` },
    { label: 'Outbound', value: outbound.kind },
  ],
}
