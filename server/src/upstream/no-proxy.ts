import { BlockList, isIP } from 'node:net'

/**
 * Whether a list of exceptions names an address, as other programs read NO_PROXY: `example.com` stands
 * for everything below it too, `.example.com` for that alone; addresses, networks, `host:port` and `*`.
 */
export function goesAround({ hostname, port, protocol }: URL, list: string): boolean {
  const host = bare(hostname)
  const ownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = entry, wantedPort = ownPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? []
      return wantedPort === ownPort && matches(bare(name), host)
    })
}

function matches(name: string, host: string): boolean {
  if (name === '*') return true
  if (isIP(host) !== 0) return name === host || isWithin(host, name)
  const below = name.replace(/^\*?\./, '.')
  return below.startsWith('.') ? host.endsWith(below) : host === name || host.endsWith(`.${name}`)
}

function isWithin(address: string, network: string): boolean {
  const [start = '', length = ''] = network.split('/')
  const family = isIP(start)
  if (family === 0 || family !== isIP(address) || !/^\d{1,3}$/.test(length)) return false
  const prefix = Number(length)
  if (prefix > (family === 4 ? 32 : 128)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(start, prefix, type)
  return list.check(address, type)
}

/** Without the brackets of an IPv6 address and the last dot of a name. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}
