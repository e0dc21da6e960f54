import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Socket } from 'node:net'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What a registry was asked for. */
export interface WatchedRequest {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
}

/** What happens to a request instead of being passed on as it is. */
export type Mischief =
  /** Taken, and never answered. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'status'; readonly status: number }
  /** The connection breaks after so many bytes of the answer. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The right number of bytes, and every one of them wrong. */
  | { readonly kind: 'scrambled' }
  /** Bytes of the answer are held back until this is settled. */
  | { readonly kind: 'held'; readonly until: Promise<unknown>; readonly afterBytes: number }

export interface WatchedUpstream extends AsyncDisposable {
  /** `host:port`, over HTTP. */
  readonly host: string
  /** Everything that was asked, in order. */
  readonly requests: WatchedRequest[]
  /** Blobs that were asked for with GET. */
  blobGets(): WatchedRequest[]
  /** Decides about every request from now on; undefined: passed on. */
  disturb(decide: (asked: WatchedRequest) => Mischief | undefined): void
  /** Closes the door: connections are refused. */
  stop(): Promise<void>
}

/** A registry as seen by its clients, with somebody in front who counts, and may play tricks. */
export async function watchUpstream(target: string): Promise<WatchedUpstream> {
  const requests: WatchedRequest[] = []
  const sockets = new Set<Socket>()
  let decide: (asked: WatchedRequest) => Mischief | undefined = () => undefined

  const server = createServer((req, res) => {
    const path = new URL(req.url ?? '/', 'http://upstream').pathname
    const asked = { method: req.method ?? '', path, range: req.headers.range }
    requests.push(asked)
    const mischief = decide(asked)
    if (mischief?.kind === 'silent') return
    if (mischief?.kind === 'status') {
      res.writeHead(mischief.status).end()
      return
    }
    pass(target, req, res, mischief)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listening = Promise.withResolvers<undefined>()
  server.listen(0, '127.0.0.1', () => {
    listening.resolve(undefined)
  })
  await listening.promise
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    const closed = Promise.withResolvers<undefined>()
    server.close(() => {
      closed.resolve(undefined)
    })
    await closed.promise
  }
  return {
    host,
    requests,
    blobGets: () =>
      requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/')),
    disturb(next) {
      decide = next
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function pass(
  target: string,
  req: IncomingMessage,
  res: ServerResponse,
  mischief: Mischief | undefined,
): void {
  const url = new URL(req.url ?? '/', target)
  // The registry behind names itself by this in its challenges.
  const headers = { ...req.headers, connection: 'close' }
  const outgoing = request(url, { method: req.method ?? 'GET', headers, agent: false })
  outgoing.on('error', () => res.destroy())
  res.on('close', () => outgoing.destroy())
  outgoing.on('response', (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, playing(mischief), res).catch(() => res.destroy())
  })
  outgoing.end()
}

function playing(mischief: Mischief | undefined): Transform {
  let passed = 0
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      if (mischief?.kind === 'scrambled') {
        done(
          null,
          bytes.map((byte) => byte ^ 255),
        )
        return
      }
      if (mischief?.kind !== 'cut' && mischief?.kind !== 'held') {
        done(null, bytes)
        return
      }
      const allowed = Math.max(mischief.afterBytes - passed, 0)
      passed += bytes.length
      if (allowed >= bytes.length) {
        done(null, bytes)
      } else if (mischief.kind === 'cut') {
        this.push(bytes.subarray(0, allowed))
        // What was pushed is on its way first.
        setImmediate(() => {
          done(new Error('cut'))
        })
      } else {
        this.push(bytes.subarray(0, allowed))
        void mischief.until.then(() => {
          done(null, bytes.subarray(allowed))
        })
      }
    },
  })
}
