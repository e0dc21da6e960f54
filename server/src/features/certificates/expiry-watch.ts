import { describeCertificate } from '@mooring/certs'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'

export interface WatchedCertificate {
  readonly role: 'server' | 'authority'
  readonly certificatePem: string
}

export interface Expiry {
  readonly role: 'server' | 'authority'
  readonly notAfter: number
}

const dayMs = 86_400_000
/** Each is told once. */
const thresholdsDays = [30, 14, 7, 1, 0] as const

export type ExpiryWatch = ReturnType<typeof createExpiryWatch>

/** Tells of certificates that end soon, in the log and for whoever asks. */
export function createExpiryWatch({ clock, log }: { clock: Clock; log: Logger }) {
  const told = new Map<string, number>()
  let watched: readonly Expiry[] = []

  return {
    look(certificates: readonly WatchedCertificate[]): void {
      watched = certificates.map(({ role, certificatePem }) => {
        const { notAfter, sha256Fingerprint, subject } = describeCertificate(certificatePem)
        const leftDays = (notAfter - clock.now()) / dayMs
        const threshold = thresholdsDays.findLast((days) => leftDays <= days)
        if (threshold !== undefined && (told.get(sha256Fingerprint) ?? Infinity) > threshold) {
          told.set(sha256Fingerprint, threshold)
          const facts = {
            ...{ role, subject, sha256Fingerprint, threshold },
            ...{ code: threshold === 0 ? 'MOOR-TLS-034' : 'MOOR-TLS-035' },
            notAfter: new Date(notAfter).toISOString(),
          }
          if (threshold === 0) log.error(facts, 'certificate ended')
          else log.warn(facts, 'certificate ends soon')
        }
        return { role, notAfter }
      })
    },

    /** Seconds that are left, by role. */
    secondsLeft: (): readonly { readonly role: string; readonly seconds: number }[] =>
      watched.map(({ role, notAfter }) => ({
        role,
        seconds: Math.floor((notAfter - clock.now()) / 1000),
      })),

    /** Whether somebody should look after it. */
    endsSoon: (): boolean =>
      watched.some(({ notAfter }) => notAfter - clock.now() <= thresholdsDays[0] * dayMs),
  }
}
