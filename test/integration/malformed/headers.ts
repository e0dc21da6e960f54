import fc from 'fast-check'
import type { Existing } from './existing.ts'

const ranges = fc.oneof(
  fc.tuple(fc.nat(5000), fc.nat(5000)).map(([a, b]) => `${a}-${b}`),
  fc.constantFrom(
    '',
    '-',
    '0-',
    '-0',
    '-5',
    '5-1',
    'bytes=0-',
    'bytes 0-9/10',
    'bytes=0-0,2-3',
    'bytes=-0',
    'bytes=a-b',
    '0-99999999999999999999',
    '1-0',
    ' 0-1 ',
    '0-1-2',
    '0x0-0x1',
    'bytes=99999-',
    'bytes=0-99999999999999999999',
  ),
)

/** `key: value` lines; duplicates are wanted. */
export function headers({ authorization }: Existing): fc.Arbitrary<string[]> {
  const auth = fc.oneof(
    { weight: 8, arbitrary: fc.constant(authorization) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'Bearer',
        'Bearer ',
        'Bearer a.b.c',
        'Bearer eyJhbGciOiJub25lIn0.e30.',
        'Basic',
        'Basic !!!',
        'Basic Og==',
        'Basic ====',
        'Digest x',
        `Bearer ${'x'.repeat(6000)}`,
        'Basic AAAA',
        `${authorization}x`,
        `${authorization} ${authorization}`,
      ),
    },
  )
  const header = fc.oneof(
    ranges.map((text) => `Range: ${text}`),
    ranges.map((text) => `Content-Range: ${text}`),
    fc
      .constantFrom(
        'application/json',
        'application/vnd.oci.image.manifest.v1+json',
        'application/vnd.oci.image.index.v1+json',
        'application/vnd.docker.distribution.manifest.v2+json',
        'text/plain; charset=',
        '',
        ';',
        'a/b/c',
        'x'.repeat(5000),
      )
      .map((text) => `Content-Type: ${text}`),
    fc
      .constantFrom(
        '*/*',
        '',
        ',,,',
        'application/json;q=2',
        'a'.repeat(4000),
        'application/vnd.oci.image.index.v1+json;q=0',
      )
      .map((text) => `Accept: ${text}`),
    fc.constantFrom(
      'Expect: 100-continue',
      'Content-Encoding: gzip',
      'If-None-Match: *',
      'If-None-Match: "',
      'X-Forwarded-For: ,,',
      'X-Forwarded-Proto: javascript',
      'Forwarded: for=;;',
      'Cookie: a',
      'X-HTTP-Method-Override: DELETE',
      'User-Agent: docker/1.0',
      'User-Agent:',
    ),
    fc
      .string({ unit: fc.constantFrom(...Array.from('abc \t;,="\u00e9')), maxLength: 60 })
      .map((text) => `X-Odd: ${text}`),
  )
  const host = fc.oneof(
    { weight: 9, arbitrary: fc.constant('localhost') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        'a b',
        '[::1',
        'evil.example:99999',
        '@',
        'h/../x',
        'x'.repeat(2000),
      ),
    },
  )
  return fc
    .tuple(host, auth, fc.array(header, { maxLength: 4 }))
    .map(([to, who, more]) => [`Host: ${to}`, `Authorization: ${who}`, ...more])
}
