import { BlockList, isIP } from 'node:net'

/**
 * What is not the public internet: this machine, its neighbours, and what leads back to them. A URL
 * that somebody gave us must not make us speak to these.
 */
const inside = blockListOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
])

export function isPublicAddress(address: string): boolean {
  const family = familyOf(address)
  return family !== undefined && !inside.check(address, family)
}

export interface AllowedTargets {
  /** Whether a name, or an address written out, is exempt. */
  readonly hasHost: (host: string) => boolean
  readonly hasAddress: (address: string) => boolean
}

/** SSRF_ALLOWED_HOSTS: host names, addresses and CIDRs. */
export function allowedTargets(entries: readonly string[]): AllowedTargets {
  const isNetwork = (entry: string) => familyOf(entry.split('/')[0] ?? '') !== undefined
  const hosts = new Set(entries.filter((entry) => !isNetwork(entry)).map((host) => plain(host)))
  const networks = blockListOf(entries.filter(isNetwork))
  return {
    hasHost: (host) => hosts.has(plain(host)),
    hasAddress: (address) => {
      const family = familyOf(address)
      return family !== undefined && networks.check(address, family)
    },
  }
}

/** A host of a URL as it is compared: in small letters, without brackets or a last dot. */
export function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : undefined
}

/** What is no network is left out. */
function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = familyOf(address)
    const longest = family === 'ipv4' ? 32 : 128
    const length = prefix === undefined ? longest : Number(prefix)
    if (family === undefined || !Number.isInteger(length) || length < 0 || length > longest)
      continue
    list.addSubnet(address, length, family)
  }
  return list
}
