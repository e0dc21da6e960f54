import { createHash } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { certificatesIn } from '@mooring/certs'
import { expect } from 'vitest'
import { parseChallenge } from './registry-session.ts'
import type { TestServer } from './server.ts'

/** A connection of a client that trusts these authorities and no other. */
export function connected(server: TestServer, ca: string): Promise<TLSSocket> {
  const { hostname: host, port } = new URL(server.urls.https)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: certificatesIn(ca) as string[] }, () => {
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

/** A pull of a blob that takes as long as the test likes. */
export function slowPull(server: TestServer, ca: string, path: string) {
  const [, repository = ''] = /^\/v2\/(.+)\/blobs\//.exec(path) ?? []
  const hash = createHash('sha256')
  const started = (async () => {
    const refused = await fetch(`${server.urls.http}/v2/`)
    const { service = '' } = parseChallenge(refused.headers.get('www-authenticate') ?? '')
    const query = new URLSearchParams({
      service,
      scope: `repository:${repository}:pull`,
    }).toString()
    const login = Buffer.from(`quay:${server.password}`).toString('base64')
    const answer = await fetch(`${server.urls.http}/v2/auth?${query}`, {
      headers: { authorization: `Basic ${login}` },
    })
    const { token } = (await answer.json()) as { token: string }
    const socket = await connected(server, ca)
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
    )
    return socket
  })()
  return {
    async finish(): Promise<string> {
      const socket = await started
      let head = ''
      let inBody = false
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        if (inBody) hash.update(chunk)
        else {
          head += chunk.toString('latin1')
          const end = head.indexOf('\r\n\r\n')
          if (end >= 0) {
            inBody = true
            expect(head.slice(0, end)).toMatch(/^HTTP\/1.1 200/)
            hash.update(Buffer.from(head.slice(end + 4), 'latin1'))
          }
        }
      }
      return `sha256:${hash.digest('hex')}`
    },
  }
}
