import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { parseDigest, type Digest } from '../storage/digest.ts'
import {
  createUpstreamClient,
  type Upstream,
  type UpstreamAccess,
  type UpstreamClient,
  type UpstreamEvent,
  type UpstreamParts,
} from './upstream.ts'

/** A server on the loopback that says what a test wants, and the requests that it got. */
export interface LocalServer {
  readonly host: string
  readonly requests: readonly IncomingMessage[]
  /** `GET /v2/`, in the order in which they came. */
  asked(): readonly string[]
  close(): Promise<void>
}

export type Respond = (req: IncomingMessage, res: ServerResponse) => void

export async function startLocalServer(
  respond: Respond,
  tls?: { readonly cert: string; readonly key: string },
): Promise<LocalServer> {
  const requests: IncomingMessage[] = []
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    requests.push(req)
    respond(req, res)
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    asked: () => requests.map(({ method, url }) => `${method ?? ''} ${url ?? ''}`),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Whatever is on the loopback may be called, and nothing is waited for longer than it has to be. */
export function localClient(parts: Partial<UpstreamParts> = {}): UpstreamClient {
  return createUpstreamClient({
    check: async (url) => ({ kind: 'allowed', addresses: [new URL(url).hostname] }),
    bandwidth: { all: { windows: [] }, hosts: new Map() },
    clock: systemClock,
    random: systemRandom,
    firstPauseMs: 2,
    ...parts,
  })
}

export interface WatchedUpstream {
  readonly upstream: Upstream
  readonly events: readonly UpstreamEvent[]
}

export function watchedUpstream(
  client: UpstreamClient,
  host: string,
  access: Partial<UpstreamAccess> = {},
): WatchedUpstream {
  const events: UpstreamEvent[] = []
  const upstream = client.repository(
    { host, repository: 'team/app', plainHttp: true, ...access },
    (event) => events.push(event),
  )
  return { upstream, events }
}

export interface SampleBlob {
  readonly bytes: Buffer
  readonly digest: Digest
}

export function sampleBlob(sizeBytes: number): SampleBlob {
  const bytes = randomBytes(sizeBytes)
  return { bytes, digest: sha256Of(bytes) }
}

export function sha256Of(bytes: Buffer): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
}

export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

export const patient = () => AbortSignal.timeout(10_000)
