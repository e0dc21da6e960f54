import type { Clock, Instant } from '../../platform/clock.ts'

export interface FailingClient {
  readonly address: string
  readonly count: number
  readonly lastAt: Instant
}

export type HandshakeFailures = ReturnType<typeof createHandshakeFailures>

const keptForMs = 86_400_000
const mostClients = 1_000
/**
 * What clients say when they do not accept a certificate. OpenSSL names the authority as the reason;
 * Go's clients say only that the certificate is bad.
 */
const alerts = /ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE|ALERT_CERTIFICATE_UNKNOWN/

/** The machines that still need the authority, of the last day and in bounded memory. */
export function createHandshakeFailures({ clock }: { clock: Clock }) {
  // In the order of their last failure, the oldest first.
  const clients = new Map<string, FailingClient>()

  return {
    note(error: Error, address: string | undefined): void {
      if (address === undefined || !('code' in error) || !alerts.test(String(error.code))) return
      const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
      const count = (clients.get(plain)?.count ?? 0) + 1
      clients.delete(plain)
      clients.set(plain, { address: plain, count, lastAt: clock.now() })
      if (clients.size > mostClients) {
        const [oldest = ''] = clients.keys()
        clients.delete(oldest)
      }
    },

    /** The latest first. */
    list(): readonly FailingClient[] {
      const since = clock.now() - keptForMs
      for (const { address, lastAt } of clients.values()) {
        if (lastAt < since) clients.delete(address)
      }
      return [...clients.values()].reverse()
    },
  }
}
