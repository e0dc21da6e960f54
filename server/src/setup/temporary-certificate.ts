import {
  createAuthority,
  fingerprint,
  issueServerCertificate,
  type KeyedCertificate,
} from '@mooring/certs'
import { certificateNames, type Network } from '../first-start/host-names.ts'
import type { Instant } from '../platform/clock.ts'

export interface TemporaryCertificate extends KeyedCertificate {
  readonly sha256Fingerprint: string
}

const lifeDays = 7

/** For the page of the setup; in memory only. Who signed it is forgotten at once. */
export async function temporaryCertificate(
  network: Pick<Network, 'hostname' | 'addresses'>,
  now: Instant,
): Promise<TemporaryCertificate> {
  const authority = await createAuthority({ commonName: 'Mooring setup', years: 1, now })
  const names = certificateNames(network, network.hostname.toLowerCase())
  const issued = await issueServerCertificate({ authority, names, now, lifeDays })
  return { ...issued, sha256Fingerprint: fingerprint(issued.certificatePem) }
}
