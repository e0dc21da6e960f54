import { BlockList, isIP } from 'node:net'

import type { OutgoingConfig } from '../../config/config.ts'
import { allowedTargets, plain } from '../outgoing/outgoing-address.ts'

/** This machine by another name, and its neighbours of the link, where clouds keep their secrets. */
const own = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const) {
  own.addSubnet(network, prefix, 'ipv4')
  // An IPv6 address may be one of these in disguise.
  own.addSubnet(`::ffff:${network}`, 96 + prefix, 'ipv6')
}
own.addAddress('::', 'ipv6')
own.addAddress('::1', 'ipv6')
own.addSubnet('fe80::', 10, 'ipv6')

/**
 * Where notifications may be sent. Other than for URLs that the server reads by itself, the networks
 * of the site are open: most receivers are there. Names on WEBHOOK_HOSTNAME_BLACKLIST and this machine
 * are refused; SSRF_ALLOWED_HOSTS exempts the latter.
 */
export function webhookAddresses(config: OutgoingConfig) {
  const allowed = allowedTargets(config.allowedHosts)
  const blocked = new Set(config.blockedHosts.map(plain))

  const isOwn = (address: string) => own.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  const mayCallAddress = (address: string) => allowed.hasAddress(address) || !isOwn(address)

  function mayCallHost(hostname: string): boolean {
    const host = plain(hostname)
    if (host === '' || blocked.has(host)) return false
    if (allowed.hasHost(host)) return true
    if (isIP(host) !== 0) return mayCallAddress(host)
    return host !== 'localhost' && !host.endsWith('.localhost')
  }

  return {
    /** Undefined for what is no URL, of another scheme, or leads to a host that is refused. */
    parse(text: unknown): URL | undefined {
      const url = typeof text === 'string' ? URL.parse(text) : null
      if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined
      return mayCallHost(url.hostname) ? url : undefined
    },

    /** Where the name led to when it was looked up. */
    mayCall: (hostname: string, address: string): boolean =>
      allowed.hasHost(plain(hostname)) || mayCallAddress(address),
  }
}

export type WebhookAddresses = ReturnType<typeof webhookAddresses>
