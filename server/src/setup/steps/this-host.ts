import { cpus, totalmem } from 'node:os'
import { getCACertificates } from 'node:tls'
import { systemNames, type NameLookup } from '../../probes/name-probe.ts'
import type { Machine } from '../step.ts'

/** What the checks read of the machine that this process runs on. */
export function thisHost() {
  return {
    root: '/',
    totalBytes: totalmem(),
    limitBytes: process.constrainedMemory(),
    architecture: process.arch,
    processors: cpus().length,
    /** -1 where users have no numbers. */
    userId: process.getuid?.() ?? -1,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    /** PEM. */
    trusted: () => getCACertificates('default'),
  }
}

/** As the machine resolves names; where it knows none, the resolver says why. */
export function namesOf({ network }: Pick<Machine, 'network'>): NameLookup {
  const system = systemNames()
  return {
    nameOf: (address) => system.nameOf(address),
    async addressesOf(name) {
      const known = await network.resolve(name)
      return known.length > 0 ? known : system.addressesOf(name)
    },
  }
}
