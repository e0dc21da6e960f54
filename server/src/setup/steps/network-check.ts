import { createAuthority, issueServerCertificate } from '@mooring/certs'
import type { TestLine } from '../../contract/setup.ts'
import { runCommand as run } from '../../probes/command.ts'
import { hostOfUrl, portOfUrl } from '../../probes/connections.ts'
import { probeFirewall } from '../../probes/firewall-probe.ts'
import { probeHandshake } from '../../probes/handshake-probe.ts'
import { probePort } from '../../probes/port-probe.ts'
import { probeProxy, probeProxyItself } from '../../probes/proxy-probe.ts'
import { chosenUpstreams } from '../first-content.ts'
import { listeningAddresses, proxyFor } from '../outbound.ts'
import { loopbackOf } from '../registry-address.ts'
import type { CheckContext, RevealedValues } from '../step.ts'

type Values = RevealedValues['network']

/** Ports really opened, addresses really gone through, a proxy really asked. */
export async function* checkNetwork(
  values: Values,
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const { machine } = context
  const { family, httpsPort, httpPort, metricsPort } = values
  const everywhere = values.addresses.length > 0 ? values.addresses : [null]
  const hostsFor = (audience: Values['httpFor']) =>
    audience === 'network' ? everywhere : [loopbackOf(values)]
  const usable = new Set<number>()
  for (const [port, audience] of [
    [httpsPort, 'network'],
    [httpPort, values.httpFor],
    [metricsPort, values.metricsFor],
  ] as const) {
    const { ownPorts } = machine
    const states: TestLine['state'][] = []
    for (const host of hostsFor(audience)) {
      states.push(yield* probePort({ port, host, family, ownPorts }, context))
    }
    if (states.every((state) => state === 'ok')) usable.add(port)
  }
  yield* comeBack(values, usable.has(httpsPort), context)
  for (const port of values.httpFor === 'network' ? [httpsPort, httpPort] : [httpsPort]) {
    yield* probeFirewall({ port, run, platform: machine.platform }, context)
  }
  yield* checkProxy(values, context)
}

/** With a certificate of this moment: the real one comes in the next step. */
async function* comeBack(
  values: Values,
  isUsable: boolean,
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const { clock, machine } = context
  const identity = await context.valuesOf('identity')
  const addresses = listeningAddresses(values, identity, machine.network)
  if (addresses.length === 0) return
  const now = clock.now()
  const authority = await createAuthority({ commonName: 'Setup', years: 1, now })
  const server = await issueServerCertificate({ authority, names: addresses, now, lifeDays: 1 })
  const authorities = [authority.certificatePem]
  // The page of this setup may hold the port itself.
  const isFree = isUsable && !machine.ownPorts.includes(values.httpsPort)
  const port = isFree ? values.httpsPort : 0
  for (const address of addresses) {
    const about = { address, port, server, authorities, names: [address] }
    yield* probeHandshake({ ...about, purpose: 'connect' }, context)
  }
}

async function* checkProxy(values: Values, context: CheckContext): AsyncGenerator<TestLine> {
  if (values.outbound.kind !== 'proxy') return
  const upstreams = chosenUpstreams(await context.valuesOf('mirrors'))
  const asked = upstreams.flatMap(({ url, proxy }) => {
    const used = proxy === null ? proxyFor(url, values.outbound) : undefined
    return used === undefined ? [] : [{ proxy: used, url: new URL(url) }]
  })
  for (const { proxy, url } of asked) {
    const target = { host: hostOfUrl(url), port: portOfUrl(url) }
    yield* probeProxy({ proxy, target }, context)
  }
  const { httpProxy, httpsProxy } = values.outbound
  const named = [httpProxy, httpsProxy].filter((proxy) => proxy !== null)
  const used = new Set(asked.map(({ proxy }) => proxy.href))
  for (const proxy of new Set(named.map((text) => new URL(text).href))) {
    if (!used.has(proxy)) yield* probeProxyItself({ proxy: new URL(proxy) }, context)
  }
}
