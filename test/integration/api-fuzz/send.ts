import { Agent, request } from 'node:https'
import type { OddCall } from './odd-calls.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** An answer, or why there is none. */
export type Outcome = Answer | 'hung' | 'broken'

const patienceMs = 10_000

/** Sends requests as they are: nothing in a path is normalized, nothing is followed. */
export function createSender({ url, ca }: { url: string; ca: Buffer }) {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca })

  return {
    send: (call: OddCall, credentials: Readonly<Record<string, string>>): Promise<Outcome> =>
      new Promise((resolve) => {
        const { method, path, body } = call
        const outgoing = request({
          hostname,
          port,
          // The name on the certificate does not follow an odd Host header.
          servername: 'localhost',
          agent: call.cut ? false : agent,
          ca,
          method,
          path,
          headers: {
            ...credentials,
            ...(body !== undefined && { 'content-length': String(body.length) }),
            ...call.headers,
          },
        })
        const patience = setTimeout(() => {
          resolve('hung')
          outgoing.destroy()
        }, patienceMs)
        const finish = (outcome: Outcome) => {
          clearTimeout(patience)
          resolve(outcome)
        }
        outgoing.on('error', () => {
          finish('broken')
        })
        outgoing.on('response', (incoming) => {
          const pieces: Buffer[] = []
          incoming.on('data', (piece: Buffer) => pieces.push(piece))
          incoming.on('error', () => {
            finish('broken')
          })
          incoming.on('end', () => {
            const { statusCode: status = 0, headers } = incoming
            finish({ status, headers, body: Buffer.concat(pieces).toString() })
          })
        })
        if (!call.cut) outgoing.end(body)
        else outgoing.write(body, () => outgoing.destroy())
      }),

    close: () => {
      agent.destroy()
    },
  }
}

export type Sender = ReturnType<typeof createSender>
