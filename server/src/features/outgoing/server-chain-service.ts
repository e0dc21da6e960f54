import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  checkServerIdentity,
  connect,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls'

export interface TlsServer {
  readonly host: string
  readonly port: number
}

export interface ServerChain {
  /** One PEM each, from the server's own up; ends with an authority of ours where one is known. */
  readonly chain: readonly string[]
  /** Why this process would not speak to that server; undefined when it would. */
  readonly problem: string | undefined
}

export type ReadServerChain = (
  server: TlsServer,
) => Promise<
  | { readonly kind: 'read'; readonly chain: ServerChain }
  | { readonly kind: 'unreachable'; readonly server: string; readonly reason: string }
>

const patienceMs = 10_000
const longestChain = 20

/** One handshake, in which nothing is believed and nothing is sent. */
export const readServerChain: ReadServerChain = async ({ host, port }) => {
  const { promise, resolve, reject } = Promise.withResolvers<ServerChain>()
  const socket = connect({
    ...{ host, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
    ...(isIP(host) === 0 && { servername: host }),
  })
  const timer = setTimeout(() => {
    reject(new Error('it does not answer in time'))
  }, patienceMs)
  socket.once('error', reject)
  socket.once('close', () => {
    reject(new Error('it closed the connection'))
  })
  socket.once('secureConnect', () => {
    try {
      resolve(shownBy(socket, host))
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)))
    }
  })
  try {
    return { kind: 'read', chain: await promise }
  } catch (error) {
    const server = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`
    return { kind: 'unreachable', server, reason: reasonOf(error) }
  } finally {
    clearTimeout(timer)
    socket.on('error', () => undefined)
    socket.destroy()
  }
}

function shownBy(socket: TLSSocket, host: string): ServerChain {
  const own = socket.getPeerCertificate(true)
  // Node types an error and holds a string.
  const error: unknown = socket.authorizationError
  const refusal = error instanceof Error ? error.message : String(error)
  return {
    chain: chainOf(own),
    problem: socket.authorized ? checkServerIdentity(host, own)?.message : refusal,
  }
}

function chainOf(own: DetailedPeerCertificate): readonly string[] {
  const chain = new Map<string, string>()
  for (let one = own; !chain.has(one.fingerprint256) && chain.size < longestChain;) {
    chain.set(one.fingerprint256, new X509Certificate(one.raw).toString())
    const { issuerCertificate } = one as Partial<DetailedPeerCertificate>
    // Node leaves it out where the chain breaks off.
    if (issuerCertificate === undefined) break
    one = issuerCertificate
  }
  return [...chain.values()]
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
