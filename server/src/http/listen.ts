import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https'
import {
  createServer as createTcpServer,
  isIP,
  type Server as TcpServer,
  type Socket,
} from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { TlsMaterial } from './tls-options.ts'

export interface Listener {
  readonly url: string
  readonly server: Server
  /** Sockets on further addresses, whose connections the server serves like its own. */
  readonly doors: readonly TcpServer[]
}

/** A port that could not be opened, told so that the reader knows what to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** One address or several, or every address of a family. */
export interface ListenAddress {
  readonly host?: string
  /** Only beside `host`. */
  readonly moreHosts?: readonly string[]
  /** FEATURE_LISTEN_IP_VERSION */
  readonly family: 'IPv4' | 'IPv6' | 'dual-stack'
}

export interface TlsClient {
  readonly address: string | undefined
  /** As it was sent (SNI); not when an address was asked for. */
  readonly name: string | undefined
}

export interface ListenPlan {
  /** What the port serves, for messages: `HTTPS`. */
  readonly title: string
  /** Where the port is set, for messages: `MOORING_HTTPS_PORT or --port`. */
  readonly setBy: string
  readonly port: number
  readonly address: ListenAddress
  readonly tls?: TlsMaterial
  /** Told of every handshake that fails, with the name that the client asked for. */
  readonly onTlsFailure?: (error: Error, client: TlsClient) => void
  /** Told of every connection on which a client sends a request: some look only after the handshake. */
  readonly onTlsClient?: (client: TlsClient) => void
  readonly handler: RequestListener
}

/** A body may come slowly; a connection on which nothing moves for this long is given up. */
const idleMs = 600_000
const keepAliveMs = 75_000
const idleCheckMs = 50

/** Opens one port on the addresses that FEATURE_LISTEN_IP_VERSION asks for, and on no other. */
export async function listen(plan: ListenPlan): Promise<Listener> {
  const bound = bindAddress(plan.address)
  const options = { keepAliveTimeout: keepAliveMs, requestTimeout: 0, headersTimeout: 60_000 }
  const server = plan.tls
    ? createHttpsServer({ ...options, ...plan.tls })
    : createHttpServer(options)
  const { onTlsFailure, onTlsClient } = plan
  if (onTlsFailure !== undefined) {
    // First: whoever comes later may have closed the socket, which then has no address.
    server.prependListener('tlsClientError', (error: Error, socket: TLSSocket) => {
      onTlsFailure(error, clientOf(socket))
    })
  }
  if (onTlsClient !== undefined) {
    const told = new WeakSet()
    const tell = ({ socket }: IncomingMessage) => {
      if (told.has(socket)) return
      told.add(socket)
      onTlsClient(clientOf(socket))
    }
    server.on('request', tell)
    server.on('checkContinue', tell)
  }
  server.on('request', plan.handler)
  // Without this Node would ask for the body before anybody looked at the request.
  server.on('checkContinue', plan.handler)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : '400 Bad Request'
    if (socket.writable) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    } else socket.destroy()
  })
  server.setTimeout(idleMs)
  await bind(server, { ...bound, port: plan.port }, plan)
  const url = urlOf(server, plan, bound.host)
  const doors: TcpServer[] = []
  try {
    for (const host of plan.address.moreHosts ?? []) {
      const door = createTcpServer({ allowHalfOpen: plan.tls === undefined, noDelay: true })
      door.on('connection', (socket) => server.emit('connection', socket))
      const there = bindAddress({ host, family: plan.address.family })
      await bind(door, { ...there, port: Number(new URL(url).port || usualPort(plan)) }, plan)
      doors.push(door)
    }
  } catch (error) {
    await closeListener({ server, url, doors }, 0)
    throw error
  }
  return { server, url, doors }
}

const usualPort = ({ tls }: ListenPlan) => (tls ? 443 : 80)

function bind(
  server: Pick<TcpServer, 'once' | 'listen'>,
  { host, port, ipv6Only }: { host: string; port: number; ipv6Only: boolean },
  plan: ListenPlan,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(explain(error, plan, host))
    })
    server.listen({ host, port, ipv6Only, backlog: 1024 }, () => {
      resolve()
    })
  })
}

function clientOf(socket: Socket): TlsClient {
  // Node types a name and gives false where none was sent.
  const { remoteAddress: address, servername } = socket as {
    readonly remoteAddress?: string
    readonly servername?: unknown
  }
  return { address, name: typeof servername === 'string' ? servername : undefined }
}

function bindAddress({ host, family }: ListenAddress): { host: string; ipv6Only: boolean } {
  if (host === undefined) {
    return family === 'IPv4'
      ? { host: '0.0.0.0', ipv6Only: false }
      : { host: '::', ipv6Only: family === 'IPv6' }
  }
  const version = isIP(host)
  if ((family === 'IPv4' && version === 6) || (family === 'IPv6' && version === 4)) {
    throw new ListenError(
      `FEATURE_LISTEN_IP_VERSION is ${family}, but the listening address ${host} is ${version === 6 ? 'IPv6' : 'IPv4'}; change one of them`,
    )
  }
  return { host, ipv6Only: family === 'IPv6' }
}

function explain(
  error: NodeJS.ErrnoException,
  { title, setBy, port, address }: ListenPlan,
  host: string,
) {
  const where = `${host} port ${String(port)}`
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError(
        `cannot listen for ${title} on ${where}: another program has this port; stop it, or set another port with ${setBy}`,
        { cause: error },
      )
    case 'EACCES':
      return new ListenError(
        `cannot listen for ${title} on ${where}: this user may not open ports below 1024; run as root, grant CAP_NET_BIND_SERVICE, or set another port with ${setBy}`,
        { cause: error },
      )
    case 'EAFNOSUPPORT':
    case 'EADDRNOTAVAIL':
      return new ListenError(
        `cannot listen for ${title} on ${where}: this machine does not have that address; FEATURE_LISTEN_IP_VERSION is ${address.family}, the listening address is set by --host or MOORING_LISTEN_HOST`,
        { cause: error },
      )
    default:
      return new ListenError(`cannot listen for ${title} on ${where}: ${error.message}`, {
        cause: error,
      })
  }
}

function urlOf(server: Server, { tls }: ListenPlan, host: string): string {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error('the server has no TCP address')
  const name =
    host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${tls ? 'https' : 'http'}://${name}:${String(address.port)}`
}

/** New handshakes see this; connections that are open go on as they began. */
export function swapTls({ server }: Listener, material: TlsMaterial): void {
  if (server instanceof HttpsServer) server.setSecureContext(material)
}

/** Stops taking connections, lets requests under way finish, and cuts what is left after `graceMs`. */
export async function closeListener({ server, doors }: Listener, graceMs: number): Promise<void> {
  const closed = Promise.all(
    [server, ...doors].map(
      (one) =>
        new Promise<void>((resolve) =>
          one.close(() => {
            resolve()
          }),
        ),
    ),
  )
  // A connection that a client keeps for later becomes idle only after its last answer.
  const idle = setInterval(() => {
    server.closeIdleConnections()
  }, idleCheckMs)
  const cut = setTimeout(() => {
    server.closeAllConnections()
  }, graceMs)
  await closed
  clearInterval(idle)
  clearTimeout(cut)
}
