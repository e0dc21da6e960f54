import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectSecure } from 'node:tls'

export interface HeadLoad {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

const endOfHead = Buffer.from('\r\n\r\n')
const success = Buffer.from('HTTP/1.1 200 ')

/**
 * Requests a second of HEAD on kept connections. wrk cannot do it: it waits for the body that the
 * Content-Length of such an answer speaks of. An answer to HEAD ends with its head, so there is
 * next to nothing to parse, and this client costs as little as wrk does.
 */
export async function headLoad(load: HeadLoad): Promise<number> {
  const url = new URL(load.url)
  const fields = Object.entries(load.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.from(
    `HEAD ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n${fields.join('')}\r\n`,
  )
  let answered = 0
  const deadline = performance.now() + load.seconds * 1000
  const start = performance.now()
  await Promise.all(
    Array.from({ length: load.connections }, () =>
      drive(url, request, deadline, load.signal, () => answered++),
    ),
  )
  return answered / ((performance.now() - start) / 1000)
}

function drive(
  url: URL,
  request: Buffer,
  deadline: number,
  signal: AbortSignal,
  onAnswer: () => void,
): Promise<void> {
  const address = { host: url.hostname, port: Number(url.port) }
  const secure = url.protocol === 'https:'
  const socket: Socket = secure
    ? connectSecure({ ...address, rejectUnauthorized: false })
    : connectPlain(address)
  socket.setNoDelay(true)
  return new Promise((resolve, reject) => {
    const finish = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error('the load was broken off'))
    }
    const onAbort = () => finish(signal.reason)
    signal.addEventListener('abort', onAbort)
    let pending: Buffer | undefined
    socket.on('data', (chunk: Buffer) => {
      const answer = pending === undefined ? chunk : Buffer.concat([pending, chunk])
      if (!answer.subarray(-endOfHead.length).equals(endOfHead)) {
        pending = answer
        return
      }
      pending = undefined
      if (!answer.subarray(0, success.length).equals(success)) {
        finish(new Error(`HEAD ${url.href} answered ${answer.toString('latin1').slice(0, 80)}`))
        return
      }
      onAnswer()
      if (performance.now() < deadline) socket.write(request)
      else finish()
    })
    socket.once('error', finish)
    socket.once('close', () => finish(new Error('the server closed a connection')))
    socket.once(secure ? 'secureConnect' : 'connect', () => socket.write(request))
  })
}
