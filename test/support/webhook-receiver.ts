import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { createAuthority, issueServerCertificate } from '@mooring/certs'

export interface Post {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly contentType: string | undefined
  /** The names in the certificate that the caller showed. */
  readonly caller: string | undefined
}

export type WebhookReceiver = Awaited<ReturnType<typeof startWebhookReceiver>>

/** Notes what it is sent, over HTTP and over HTTPS with an authority of its own. */
export async function startWebhookReceiver() {
  const posts: Post[] = []
  const answers: number[] = []
  const now = Date.now()
  const authority = await createAuthority({ commonName: 'Receiver', now })
  const leaf = await issueServerCertificate({ authority, names: ['127.0.0.1'], now })
  const pair = { cert: leaf.certificatePem + authority.certificatePem, key: leaf.keyPem }

  function receive(req: IncomingMessage, res: ServerResponse): void {
    void textOf(req).then((text) => {
      const socket = req.socket as Partial<TLSSocket>
      posts.push({
        path: req.url ?? '',
        body: JSON.parse(text) as Post['body'],
        contentType: req.headers['content-type'],
        caller: socket.getPeerCertificate?.().subjectaltname,
      })
      res.writeHead(answers.shift() ?? 204).end()
    })
  }

  const plain = createPlain(receive)
  const secure = createTls({ ...pair, requestCert: true, rejectUnauthorized: false }, receive)
  const listen = async (one: typeof plain | typeof secure) => {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${String((one.address() as AddressInfo).port)}`
  }
  return {
    posts,
    /** What it answers next, in their order; 204 to everything else. */
    answers,
    url: `http://${await listen(plain)}`,
    secureUrl: `https://${await listen(secure)}`,
    authorityPem: authority.certificatePem,
    close(): void {
      plain.close()
      secure.close()
    },
  }
}
