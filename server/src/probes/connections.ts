import { once } from 'node:events'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls'
import { inUrl, within } from './probe.ts'

const patienceMs = 10_000
const mostBytes = 1024 * 1024

export interface Target {
  readonly host: string
  readonly port: number
}

/** The proxy answered, and its answer was no. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal'
}

/** A TCP connection, through a proxy where there is one. @throws Error, ProxyRefusal */
export async function openConnection(
  target: Target,
  { proxy, signal }: { readonly proxy?: URL | undefined; readonly signal: AbortSignal },
): Promise<Socket> {
  return proxy === undefined
    ? connectDirectly(target, signal)
    : connectThrough(proxy, target, signal)
}

async function connectDirectly({ host, port }: Target, signal: AbortSignal): Promise<Socket> {
  const patience = within(signal, patienceMs)
  const socket = connect({ host, port, signal: patience })
  await once(socket, 'connect', { signal: patience }).catch((error: unknown) => {
    socket.destroy()
    throw patience.aborted ? patience.reason : error
  })
  socket.on('error', () => undefined)
  return socket
}

async function connectThrough(proxy: URL, target: Target, signal: AbortSignal): Promise<Socket> {
  const authority = `${inUrl(target.host)}:${target.port}`
  const request = proxy.protocol === 'https:' ? requestHttps : requestHttp
  const connecting = request({
    host: hostOfUrl(proxy),
    port: portOfUrl(proxy),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority },
    agent: false,
    signal: within(signal, patienceMs),
  })
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  connecting.once('connect', (answer: IncomingMessage, socket: Socket) => {
    if (answer.statusCode === 200) {
      socket.on('error', () => undefined)
      resolve(socket)
      return
    }
    socket.destroy()
    reject(new ProxyRefusal(`${answer.statusCode ?? 0} ${answer.statusMessage ?? ''}`.trim()))
  })
  connecting.once('response', (answer) => {
    answer.destroy()
    reject(new ProxyRefusal(`${answer.statusCode ?? 0} ${answer.statusMessage ?? ''}`.trim()))
  })
  connecting.once('error', reject)
  connecting.end()
  return promise
}

export interface TlsTrust {
  /** PEM; the only ones that are trusted. Absent: those of this process. */
  readonly ca?: readonly string[]
  /** The name that the certificate has to carry; absent: the host. */
  readonly name?: string
}

/** TLS over a connection. It is kept although nobody trusts it: `whyNot` says what is wrong. */
export async function openTls(
  socket: Socket,
  host: string,
  { ca, name = host }: TlsTrust,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secure = connectTls({
    socket,
    rejectUnauthorized: false,
    // Told apart from a chain that nobody trusts: see `whyNotTrusted`.
    checkServerIdentity: () => undefined,
    ...(isIP(name) === 0 && { servername: name }),
    ...(ca !== undefined && { ca: [...ca] }),
    allowPartialTrustChain: true,
    ALPNProtocols: ['http/1.1'],
  })
  const patience = within(signal, patienceMs)
  await once(secure, 'secureConnect', { signal: patience }).catch((error: unknown) => {
    secure.destroy()
    throw patience.aborted ? patience.reason : error
  })
  secure.on('error', () => undefined)
  return secure
}

/** Why a client that verifies would end this connection; undefined when it would not. */
export function whyNotTrusted(socket: TLSSocket, name: string): string | undefined {
  if (!socket.authorized) {
    // Node types an error and holds a string.
    const error: unknown = socket.authorizationError
    return error instanceof Error ? error.message : String(error)
  }
  return checkServerIdentity(name, socket.getPeerCertificate())?.message
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** One request over a connection of its own, which ends with it. */
export async function requestOver(
  socket: Socket,
  {
    method = 'GET',
    url,
    headers = {},
    signal,
  }: {
    readonly method?: 'GET' | 'HEAD'
    readonly url: URL
    readonly headers?: Readonly<Record<string, string>>
    readonly signal: AbortSignal
  },
): Promise<HttpAnswer> {
  const patience = within(signal, patienceMs)
  try {
    const sent = requestHttp({
      method,
      path: url.pathname + url.search,
      headers: { host: url.host, connection: 'close', ...headers },
      createConnection: () => socket,
      signal: patience,
    })
    sent.end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: await readText(answer),
    }
  } catch (error) {
    throw patience.aborted ? patience.reason : error
  } finally {
    socket.destroy()
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    sizeBytes += piece.length
    if (sizeBytes > mostBytes) throw new Error('the answer is too long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

export function hostOfUrl(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

export function portOfUrl(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}
