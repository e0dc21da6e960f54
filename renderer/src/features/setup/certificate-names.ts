import type { HostView } from '@mooring/server/contract/setup'
import type { Drafts } from './drafts.ts'

/** Every name and address by which clients reach the registry; the first stands before images. */
export function namesOf({
  primaryName,
  moreNames,
  addresses,
}: Pick<Drafts['identity'], 'primaryName' | 'moreNames' | 'addresses'>): string[] {
  return [...new Set([primaryName, ...moreNames, ...addresses])].filter((name) => name !== '')
}

export const isAddress = (name: string) => name.includes(':') || /^\d+(?:\.\d+){3}$/.test(name)

/** What this host is called or reached by, and its certificate would not carry. */
export function uncoveredNames(names: readonly string[], host: HostView | undefined): string[] {
  if (host === undefined) return []
  const lasting = host.addresses.filter((one) => one.lasting).map(({ address }) => address)
  return [host.hostname.toLowerCase(), ...lasting].filter(
    (name) => name !== '' && name !== 'localhost' && !names.some((one) => covers(one, name)),
  )
}

function covers(name: string, wanted: string): boolean {
  if (!name.startsWith('*.')) return name === wanted
  return wanted.slice(wanted.indexOf('.')) === name.slice(1) && wanted.includes('.')
}
