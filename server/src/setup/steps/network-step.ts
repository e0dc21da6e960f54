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
      address: null,
      httpsPort: await usual(443, 8443),
      httpPort: await usual(80, 8080),
      httpFor: machine.isDesktop ? 'this-host' : 'network',
      metricsPort: 9091,
      // Out of a container, loopback leads nowhere.
      metricsFor: machine.isContainer ? 'network' : 'this-host',
      tls13Only: false,
      outbound: { kind: 'direct' },
    }
  },
  faults: ({ httpsPort, httpPort, metricsPort, family, address, outbound }) => {
    const ports = { httpsPort, httpPort, metricsPort }
    const twice = Object.entries(ports).filter(
      ([field, port]) =>
        Object.entries(ports).findIndex(([, other]) => other === port) <
        Object.keys(ports).indexOf(field),
    )
    const isIPv6 = address?.includes(':') === true
    const wrongFamily =
      address !== null && ((family === 'IPv4' && isIPv6) || (family === 'IPv6' && !isIPv6))
    const noProxy =
      outbound.kind === 'proxy' && outbound.httpProxy === null && outbound.httpsProxy === null
    return Promise.resolve([
      ...twice.map(([field]) => ({ field, text: 'must differ from the other ports' })),
      ...(wrongFamily ? [{ field: 'address', text: `must be an address of ${family}` }] : []),
      ...(noProxy ? [{ field: 'outbound.httpsProxy', text: 'must name a proxy' }] : []),
    ])
  },
  check: checkNetwork,
  summary: ({ family, address, httpsPort, httpPort, metricsPort, outbound }) => [
    { label: 'Listens on', value: address ?? `all addresses (${family})` },
    { label: 'Ports', value: `HTTPS ${httpsPort}, HTTP ${httpPort}, metrics ${metricsPort}` },
    { label: 'Outbound', value: outbound.kind },
  ],
}
