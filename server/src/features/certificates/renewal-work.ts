import { CertificateError } from '@mooring/certs'
import type { Logger } from '../../platform/logger.ts'
import type { AuthorityStore } from './authority-store.ts'
import { CertificateFault } from './certificate-codes.ts'
import type { CertificateService } from './certificate-service.ts'
import type { ExpiryWatch } from './expiry-watch.ts'
import { isIssuedBy } from './renewal.ts'
import type { ServedCertificate } from './served-certificate.ts'

/** Renews what is due, and tells of what ends and could not be renewed. */
export function createRenewalWork({
  certificates,
  authorities,
  served,
  expiry,
  log,
}: {
  certificates: CertificateService
  authorities: AuthorityStore
  served: ServedCertificate
  expiry: ExpiryWatch
  log: Logger
}) {
  let refusal: CertificateFault | CertificateError | undefined

  return {
    step,
    /** Why the last attempt failed; undefined when nothing was due, or it was renewed. */
    refusal: () => refusal,
  }

  async function step(): Promise<'idle'> {
    try {
      const reason = await certificates.renewIfDue()
      refusal = undefined
      if (reason !== undefined) {
        log.info({ reason }, 'certificate renewed')
        await served.refresh()
      }
    } catch (error) {
      // Only an administrator can put these right; the certificate in use serves on until then.
      if (!(error instanceof CertificateFault || error instanceof CertificateError)) throw error
      const { code, message, nextStep } = error
      if (refusal?.message !== message)
        log.warn({ code, problem: message, nextStep }, 'certificate not renewed')
      refusal = error
    }
    const server = served.current()
    const found = await authorities.find()
    // One that signed nothing that is served may end without anybody noticing.
    const authority =
      server !== undefined &&
      found !== undefined &&
      isIssuedBy(server.certificatePem, found.certificatePem)
        ? found
        : undefined
    expiry.look([
      ...(server === undefined ? [] : [{ role: 'server' as const, ...server }]),
      ...(authority === undefined ? [] : [{ role: 'authority' as const, ...authority }]),
    ])
    return 'idle'
  }
}
