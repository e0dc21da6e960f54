import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** How bad the link is; may be changed while it is in use. */
export interface LinkQuality {
  /** Each connection breaks after so many bytes from the target. */
  cutEveryBytes?: number | undefined
  /** All connections break at once, again and again. */
  cutEveryMs?: number | undefined
  /** From the target, for all connections together. */
  bytesPerSecond?: number | undefined
  /** Connections are taken, and then nothing happens. */
  isBlackHole?: boolean | undefined
}

export interface CuttingProxy extends AsyncDisposable {
  /** `host:port`, to be used instead of the target's. */
  readonly host: string
  /** Bytes from the target that clients were sent, TLS and headers included. */
  readonly bytesDown: number
  readonly connections: number
  readonly cuts: number
  change(quality: LinkQuality): void
  /** Breaks what is open. */
  cut(): void
  stop(): Promise<void>
}

/** A link to another server, as bad as a test needs it: TCP is passed on and nothing else changed. */
export async function startCuttingProxy(
  target: string,
  first: LinkQuality = {},
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(`tcp://${target}`)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const open = new Set<() => void>()
  const facts = { bytesDown: 0, connections: 0, cuts: 0 }
  let quality = first
  let cutter: NodeJS.Timeout | undefined
  let paceAt = performance.now()

  const server = createServer({ noDelay: true }, (client) => {
    facts.connections++
    const far = quality.isBlackHole === true ? undefined : connect(Number(port), host)
    const end = () => {
      client.destroy()
      far?.destroy()
      open.delete(end)
    }
    open.add(end)
    for (const socket of [client, far]) socket?.on('error', end).on('close', end)
    if (far === undefined) return
    passUp(client, far).catch(end)
    passDown(far, client).then(end, end)
  })

  async function passUp(client: Socket, far: Socket): Promise<void> {
    for await (const piece of client as AsyncIterable<Buffer>) await write(far, piece)
    far.end()
  }

  async function passDown(far: Socket, client: Socket): Promise<void> {
    let left = quality.cutEveryBytes ?? Infinity
    for await (const piece of far as AsyncIterable<Buffer>) {
      await untilNotBlackHole(client)
      const passing = piece.subarray(0, left)
      await pace(passing.length)
      await write(client, passing)
      facts.bytesDown += passing.length
      left -= passing.length
      if (left <= 0) {
        facts.cuts++
        return
      }
    }
  }

  async function pace(bytes: number): Promise<void> {
    const { bytesPerSecond } = quality
    if (bytesPerSecond === undefined) return
    const now = performance.now()
    paceAt = Math.max(paceAt, now) + (bytes / bytesPerSecond) * 1_000
    if (paceAt > now + 5) await wait(paceAt - now)
  }

  async function untilNotBlackHole(client: Socket): Promise<void> {
    while (quality.isBlackHole === true && !client.destroyed) await wait(20)
  }

  const cut = () => {
    if (open.size > 0) facts.cuts++
    for (const end of [...open]) end()
  }
  const change = (to: LinkQuality) => {
    quality = to
    clearInterval(cutter)
    if (to.cutEveryMs !== undefined) cutter = setInterval(cut, to.cutEveryMs)
  }
  const stop = async () => {
    clearInterval(cutter)
    for (const end of [...open]) end()
    server.close()
    await once(server, 'close')
  }

  change(first)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytesDown() {
      return facts.bytesDown
    },
    get connections() {
      return facts.connections
    },
    get cuts() {
      return facts.cuts
    },
    change,
    cut,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function write(to: Socket, piece: Buffer): Promise<void> {
  const done = Promise.withResolvers<undefined>()
  to.write(piece, (error) => {
    if (error instanceof Error) done.reject(error)
    else done.resolve(undefined)
  })
  await done.promise
}
