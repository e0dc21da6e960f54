import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'

export interface ForwardProxy extends AsyncDisposable {
  /** `host:port` */
  readonly host: string
  /** `CONNECT registry.example:443`, `GET http://registry.example/v2/`, in order. */
  readonly asked: readonly string[]
  stop(): Promise<void>
}

/** The way out of a site: tunnels, and requests of plain HTTP that it sends on itself. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const note = ({ method = '', url = '' }: IncomingMessage) => asked.push(`${method} ${url}`)

  const server = createServer((req, res) => {
    note(req)
    const target = new URL(req.url ?? '')
    const onward = request(target, { method: req.method ?? 'GET', headers: req.headers })
    onward.on('error', () => res.writeHead(502).end())
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      pipeline(answer, res).catch(() => res.destroy())
    })
    onward.end()
  })
  server.on('connect', (req, socket) => {
    note(req)
    const { hostname, port } = new URL(`tcp://${req.url ?? ''}`)
    const target = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      pipeline(socket, target, socket).catch(() => undefined)
    })
    target.on('error', () => socket.destroy())
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

  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    const closed = Promise.withResolvers<undefined>()
    server.close(() => {
      closed.resolve(undefined)
    })
    await closed.promise
  }
  return {
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
