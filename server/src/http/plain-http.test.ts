import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { plainHttpDoor } from './plain-http.ts'

const redirectHost = 'registry.example:8443'

/** What the door does with a request from an address: its answer, or `served`. */
function ask(remoteAddress: string, url: string): string {
  let outcome = ''
  const door = plainHttpDoor({
    serve: () => (outcome = 'served'),
    openPaths: new Set(['/ca.crt']),
    redirectHost,
  })
  const req = { url, socket: { remoteAddress } } as unknown as IncomingMessage
  const res = {
    writeHead: (status: number, headers: { Location: string }) => {
      outcome = `${String(status)} ${headers.Location}`
    },
    end: () => undefined,
  } as unknown as ServerResponse
  door(req, res)
  return outcome
}

describe('the plain port of a server that speaks TLS', () => {
  it.each([
    ['127.0.0.1', '/v2/', 'served'],
    ['::1', '/v2/auth?service=x', 'served'],
    ['::ffff:127.0.0.1', '/', 'served'],
    ['192.0.2.9', '/ca.crt', 'served'],
    ['192.0.2.9', '/ca.crt?x=1', 'served'],
    [
      '192.0.2.9',
      '/v2/acme/web/tags/list?n=2',
      `308 https://${redirectHost}/v2/acme/web/tags/list?n=2`,
    ],
    ['2001:db8::9', '/', `308 https://${redirectHost}/`],
    ['192.0.2.9', 'http://elsewhere.example/', `308 https://${redirectHost}/`],
    ['192.0.2.9', '//elsewhere.example/', `308 https://${redirectHost}//elsewhere.example/`],
  ])('from %s, %s: %s', (address, url, expected) => {
    expect(ask(address, url)).toBe(expected)
  })
})
