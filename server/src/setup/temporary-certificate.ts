import {
  createAuthority,
  fingerprint,
  issueServerCertificate,
  type KeyedCertificate,
  type ServerCertificateRequest,
} from '@mooring/certs'
import { certificateNames, type Network } from '../first-start/host-names.ts'
import type { Instant } from '../platform/clock.ts'

export interface TemporaryCertificate extends KeyedCertificate {
  readonly sha256Fingerprint: string
}

const pageLifeDays = 7

/** For the page of the setup; in memory only. */
export async function temporaryCertificate(
  network: Pick<Network, 'hostname' | 'addresses'>,
  now: Instant,
): Promise<TemporaryCertificate> {
  const names = certificateNames(network, network.hostname.toLowerCase())
  const title = 'Mooring setup'
  const issued = await issueTemporary({ title, names, now, lifeDays: pageLifeDays })
  return { ...issued, sha256Fingerprint: fingerprint(issued.certificatePem) }
}

/** Who signed it is forgotten at once. */
export async function issueTemporary({
  title,
  ...wanted
}: Omit<ServerCertificateRequest, 'authority'> & {
  readonly title: string
}): Promise<KeyedCertificate> {
  const authority = await createAuthority({ commonName: title, years: 2, now: wanted.now })
  return issueServerCertificate({ ...wanted, authority })
}
