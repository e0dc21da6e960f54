import fc from 'fast-check'
import type { Existing } from './existing.ts'
import type { RawRequest } from './raw-http.ts'

/** Bytes that are not, or only almost, HTTP. */
export function brokenHttp({ repository, authorization }: Existing): fc.Arbitrary<RawRequest> {
  const line = `GET /v2/${repository}/tags/list HTTP/1.1\r\nHost: localhost\r\n`
  const upload = `POST /v2/${repository}/blobs/uploads/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n`
  const texts = [
    '\r\n\r\n',
    '\n',
    'GET\r\n\r\n',
    'GET / HTTP/0.9\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /v2/\r\n\r\n',
    'get /v2/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'BREW /v2/ HTTP/1.1\r\nHost: a\r\n\r\n',
    ' GET /v2/ HTTP/1.1\r\n\r\n',
    'GET v2 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /v2/ HTTP/1.1\r\n\r\n',
    'GET http://[::1/v2/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'GET http://a/v2/ HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n',
    'GET // HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET *** HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    `${line}Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AA\r\n\r\n`,
    `${line}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `${line}No colon here\r\n\r\n`,
    `${line}: empty\r\n\r\n`,
    `${line}A\0b: c\r\n\r\n`,
    `${line}X: a\0b\r\n\r\n`,
    `${line}X: a\r\n folded\r\nConnection: close\r\n\r\n`,
    line.replaceAll('\r\n', '\n') + '\n',
    `${line}Host: twice\r\nConnection: close\r\n\r\n`,
    `${line}X: ${'x'.repeat(100_000)}\r\n\r\n`,
    `${line}${Array.from({ length: 5000 }, (_, at) => `X-${at}: y\r\n`).join('')}\r\n`,
    `GET /v2/${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
    `${upload}Content-Length: -1\r\n\r\n`,
    `${upload}Content-Length: abc\r\n\r\n`,
    `${upload}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `${upload}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${upload}Transfer-Encoding: gzip\r\n\r\nabc`,
    `${upload}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    `${upload}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`,
    `${upload}Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n`,
    `${upload}Transfer-Encoding: chunked, identity\r\n\r\n`,
    `${upload}Expect: a-miracle\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    `${line}\r\n${line}\r\nGARBAGE\r\n\r\n`,
  ]
  const bytes = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...texts).map((text) => Buffer.from(text, 'latin1')) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ minLength: 1, maxLength: 500 }).map((raw) => Buffer.from(raw)),
    },
    // Well formed but for one byte.
    {
      weight: 2,
      arbitrary: fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => {
        const whole = Buffer.from(`${upload}Content-Length: 0\r\nConnection: close\r\n\r\n`)
        whole[at % whole.length] = byte
        return whole
      }),
    },
  )
  return fc
    .tuple(bytes, fc.constantFrom('half-close' as const, 'half-close' as const, 'cut' as const))
    .map(([raw, manner]) => ({
      label: `broken ${JSON.stringify(raw.toString('latin1').slice(0, 120))} ${manner}`,
      bytes: raw,
      manner,
    }))
}
