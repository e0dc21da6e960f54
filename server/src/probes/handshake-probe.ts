import { once } from 'node:events'
import { isIP } from 'node:net'
import { createServer } from 'node:tls'
import type { KeyedCertificate } from '@mooring/certs'
import { openConnection, openTls, whyNotTrusted } from './connections.ts'
import {
  codeOf,
  fine,
  inUrl,
  probing,
  reasonOf,
  within,
  wrong,
  type Probe,
  type ProbeContext,
} from './probe.ts'

export interface HandshakeToProbe {
  /** The address that is listened on and connected to. */
  readonly address: string
  /** 0 asks for any. */
  readonly port: number
  /** What the server shows. */
  readonly server: KeyedCertificate
  /** The only authorities that the client trusts, PEM. */
  readonly authorities: readonly string[]
  /** Names that the certificate has to carry. */
  readonly names: readonly string[]
  /** Of the line; `connect:…` or `handshake:…`. */
  readonly purpose: 'connect' | 'handshake'
}

const codes = { connect: 'MOOR-NET-005', handshake: 'MOOR-TLS-200' } as const

/** Listens on an address for a moment and comes back through it, with TLS, as a client does. */
export function probeHandshake(wanted: HandshakeToProbe, context: ProbeContext): Probe {
  const { address, purpose } = wanted
  const id = `${purpose}:${inUrl(address)}`
  return probing(context, id, `Connecting to ${address} with TLS`, async () => {
    try {
      await comeBack(wanted, context.signal)
    } catch (error) {
      const code = codeOf(error) === 'EADDRNOTAVAIL' ? 'MOOR-NET-003' : codes[purpose]
      return wrong(code, { host: address, reason: reasonOf(error) })
    }
    const about = purpose === 'handshake' ? ', trusting its authority alone' : ''
    return fine(`${address} leads back to this server with TLS${about}`, { host: address })
  })
}

async function comeBack(
  { address, port, server, authorities, names }: HandshakeToProbe,
  stop: AbortSignal,
): Promise<void> {
  const signal = within(stop, 10_000)
  const listener = createServer({ cert: server.certificatePem, key: server.keyPem })
  // A client that refuses the certificate is told so on its own side.
  listener.on('tlsClientError', () => undefined)
  listener.on('secureConnection', (socket) => {
    socket.on('error', () => undefined)
    socket.resume()
  })
  listener.listen({ host: address, port, ipv6Only: address.includes(':') })
  await once(listener, 'listening')
  try {
    const bound = listener.address()
    if (bound === null || typeof bound === 'string') throw new Error('no port was given')
    for (const name of names) {
      const socket = await openConnection({ host: address, port: bound.port }, { signal })
      const secure = await openTls(
        socket,
        address,
        { ca: authorities, name: nameSent(name) },
        signal,
      )
      const why = whyNotTrusted(secure, nameSent(name))
      secure.destroy()
      if (why !== undefined) throw new Error(`${name}: ${why}`)
    }
  } finally {
    listener.close()
    await once(listener, 'close')
  }
}

/** What stands for all names that a wildcard covers. */
function nameSent(name: string): string {
  return isIP(name) === 0 ? name.replace(/^\*\./, 'any.') : name
}
