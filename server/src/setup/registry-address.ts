import { isIpAddress } from '../contract/setup-fields.ts'
import type { RevealedValues } from './step.ts'

type Named = Pick<RevealedValues, 'identity' | 'network'>

export function bracketed(host: string): string {
  return isIpAddress(host) && host.includes(':') ? `[${host}]` : host
}

/** Where this host alone reaches a port. */
export function loopbackOf({ family }: Pick<Named['network'], 'family'>): string {
  return family === 'IPv6' ? '::1' : '127.0.0.1'
}

/** SERVER_HOSTNAME: the primary name, with the port where it is not the usual one. */
export function serverHostname({ identity, network }: Named): string {
  const port = identity.externalPort ?? network.httpsPort
  const host = bracketed(identity.primaryName)
  return port === 443 ? host : `${host}:${port}`
}

/** What the server certificate carries: what people type, and what this host calls itself. */
export function certificateNamesOf({ identity }: Pick<Named, 'identity'>): readonly string[] {
  const { primaryName, moreNames, addresses } = identity
  const names = [primaryName, ...moreNames, ...addresses, 'localhost', '127.0.0.1', '::1']
  return [...new Set(names)]
}
