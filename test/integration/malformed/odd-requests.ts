import fc from 'fast-check'
import { bodies } from './bodies.ts'
import type { Existing } from './existing.ts'
import { headers } from './headers.ts'
import { targets, type Target } from './targets.ts'
import type { RawRequest } from './raw-http.ts'

const everyMethod = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE']
const strangeMethods = ['OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'LINK', 'PURGE']

const methodOf = ({ methods }: Target) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...methods) },
    { weight: 1, arbitrary: fc.constantFrom(...everyMethod, ...strangeMethods) },
  )

/** How the announced length relates to what is sent. */
const lengths = fc.oneof(
  { weight: 10, arbitrary: fc.constant('true' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('short', 'long', 'none', 'chunked', 'chunked-cut', 'huge'),
  },
)

type Framing = 'true' | 'short' | 'long' | 'none' | 'chunked' | 'chunked-cut' | 'huge'

/** Requests that are HTTP, and wrong or odd in what they ask. */
export function oddRequests(existing: Existing): fc.Arbitrary<RawRequest> {
  return fc
    .record({
      asked: targets(existing).chain((target) =>
        methodOf(target).map((method) => ({ method, path: target.path })),
      ),
      headers: headers(existing),
      body: bodies(existing),
      framing: lengths,
      manner: fc.oneof(
        { weight: 30, arbitrary: fc.constant('wait' as const) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('half-close' as const, 'cut' as const, 'slow' as const),
        },
      ),
    })
    .map(({ asked: { method, path }, headers: lines, body, framing, manner }) => {
      const [length, sent] = frame(framing, method, body)
      const head = [`${method} ${path} HTTP/1.1`, 'Connection: close', ...lines, ...length, '', '']
      const incomplete = framing === 'long' || framing === 'huge' || framing === 'chunked-cut'
      return {
        label: `${method} ${path.slice(0, 200)} [${lines.slice(2).join(' | ').slice(0, 200)}] ${framing} ${manner}`,
        bytes: Buffer.concat([Buffer.from(head.join('\r\n')), sent]),
        // A sender who promised more and goes on waiting is one that nobody can answer.
        manner: incomplete && manner !== 'cut' ? ('half-close' as const) : manner,
      }
    })
}

function frame(framing: Framing, method: string, body: Buffer): [string[], Buffer] {
  const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body])
  switch (framing) {
    case 'true':
      return method === 'GET' || method === 'HEAD'
        ? [[], Buffer.alloc(0)]
        : [[`Content-Length: ${body.length}`], body]
    case 'short':
      return [[`Content-Length: ${Math.floor(body.length / 2)}`], body]
    case 'long':
      return [[`Content-Length: ${body.length + 10}`], body]
    case 'huge':
      return [['Content-Length: 999999999999'], body]
    case 'none':
      return [[], body]
    case 'chunked':
      return [
        ['Transfer-Encoding: chunked'],
        Buffer.concat([
          ...(body.length === 0 ? [] : [chunk, Buffer.from('\r\n')]),
          Buffer.from('0\r\n\r\n'),
        ]),
      ]
    case 'chunked-cut':
      return [['Transfer-Encoding: chunked'], chunk]
  }
}
