import { createHash, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import type { CertificatePin } from './certificate-pin.ts'

export const Fingerprint = z.string().regex(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)

/** Another Mooring that the window may show. */
export const RemoteServer = z.object({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().trim().min(1).max(60),
  origin: z.string().max(300),
  /** SHA-256 of its certificate, or of the authority of that. */
  fingerprint: Fingerprint,
  /** PEM of the authority, where it was given. */
  authority: z.string().max(16_384).optional(),
})

export type RemoteServer = z.infer<typeof RemoteServer>

export function createRemoteServer({
  authority,
  ...given
}: Omit<RemoteServer, 'id'>): RemoteServer {
  const id = createHash('sha256')
    .update(`${given.origin} ${given.fingerprint}`)
    .digest('hex')
    .slice(0, 12)
  return { id, ...given, ...(authority === undefined ? {} : { authority }) }
}

export function pinOf({ fingerprint, authority }: RemoteServer): CertificatePin {
  return { fingerprints: [fingerprint], authorities: authority === undefined ? [] : [authority] }
}

/** Undefined when it is no certificate that may sign others. */
export function fingerprintOfAuthority(pem: string): string | undefined {
  try {
    const certificate = new X509Certificate(pem)
    return certificate.ca ? certificate.fingerprint256 : undefined
  } catch {
    return undefined
  }
}
