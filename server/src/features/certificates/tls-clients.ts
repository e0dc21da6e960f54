import type { Clock, Instant } from '../../platform/clock.ts'

/** A machine that refused the certificate at least once within a day. */
export interface RefusingClient {
  readonly address: string
  readonly count: number
  readonly lastAt: Instant
  /** What it called this server; undefined for an address, which TLS does not send. */
  readonly name: string | undefined
  /** When some program there last accepted the certificate, within a day. */
  readonly acceptedAt: Instant | undefined
}

interface Handshake {
  readonly address: string | undefined
  readonly name: string | undefined
}

export type TlsClients = ReturnType<typeof createTlsClients>

const keptForMs = 86_400_000
export const mostClients = 4_000
const longestName = 255
/**
 * What clients say when they do not accept a certificate. OpenSSL names the authority as the reason;
 * Go's clients say only that the certificate is bad.
 */
const alerts = /ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE|ALERT_CERTIFICATE_UNKNOWN/

/**
 * The machines that spoke TLS with this server within a day, and those of them that refused its
 * certificate, by address and in bounded memory.
 *
 * TLS tells a server no more than that: not which authority a client believed. While one authority
 * replaces the other, the new one is also certified by the old one, and a client that knows either
 * looks the same from here. Who refuses during that time knows neither; who will refuse after the
 * last step shows only then. Several programs behind one address may differ, so a refusal stays
 * listed after a success, with the time of both. A client that hangs up after the handshake without
 * saying why, as Node's do, counts as neither: only a request shows that the certificate was accepted.
 */
export function createTlsClients({ clock }: { clock: Clock }) {
  // In the order of the last handshake, the oldest first.
  const accepting = new Map<string, Instant>()
  const refusing = new Map<string, Omit<RefusingClient, 'acceptedAt'>>()
  let refusals = 0

  return {
    failed(error: Error, { address, name }: Handshake): void {
      if (address === undefined || !('code' in error) || !alerts.test(String(error.code))) return
      refusals++
      const plain = plainAddress(address)
      const count = (refusing.get(plain)?.count ?? 0) + 1
      const shown = name?.slice(0, longestName)
      keep(refusing, plain, { address: plain, count, lastAt: clock.now(), name: shown })
    },

    succeeded({ address }: Pick<Handshake, 'address'>): void {
      if (address !== undefined) keep(accepting, plainAddress(address), clock.now())
    },

    /** The latest first. */
    refusing(): readonly RefusingClient[] {
      forget()
      return [...refusing.values()]
        .reverse()
        .map((one) => ({ ...one, acceptedAt: accepting.get(one.address) }))
    },

    /**
     * How many addresses there were within a day; at most twice what is kept. `failing` are those
     * whose latest handshake was a refusal, after `since`.
     */
    count(since: Instant = 0): { readonly seen: number; readonly failing: number } {
      forget()
      const fails = [...refusing.values()].filter(
        ({ address, lastAt }) => lastAt >= since && (accepting.get(address) ?? 0) < lastAt,
      )
      return {
        seen: new Set([...accepting.keys(), ...refusing.keys()]).size,
        failing: fails.length,
      }
    },

    /** Since the start of the process. */
    refusals: () => refusals,
  }

  function forget(): void {
    const since = clock.now() - keptForMs
    for (const [address, lastAt] of accepting) {
      if (lastAt < since) accepting.delete(address)
    }
    for (const [address, { lastAt }] of refusing) {
      if (lastAt < since) refusing.delete(address)
    }
  }
}

function keep<T>(clients: Map<string, T>, address: string, fact: T): void {
  clients.delete(address)
  clients.set(address, fact)
  if (clients.size > mostClients) {
    const [oldest = ''] = clients.keys()
    clients.delete(oldest)
  }
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
