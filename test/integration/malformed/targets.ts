import fc from 'fast-check'
import type { Existing } from './existing.ts'

const oftener = <T>(values: readonly T[], others: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: others })

const odd = [
  ...['', '.', '..', '../..', '%2e%2e', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%2f..%2fconfig.yaml'],
  ...['%00', 'a%00b', '%252e%252e', '%25', '%', '%2', '%zz', '%c0%ae%c0%ae', '%ff%fe', '%ed%a0%80'],
  ...['%0d%0aSet-Cookie:%20a=b', '%20', '+', '~', '\\', '%5c..%5c', "'", '"', '`', '${x}', '$(id)'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'NaN',
    '-1',
    '0',
    '*',
    '{}',
    '[]',
  ],
  ...["' or 1=1 --", '%27;drop table tag;--', '<script>', '%F0%9F%92%A9', 'é', 'a'.repeat(300)],
  ...['a'.repeat(9000), '.hidden', '-dash', '_catalog', 'blobs', 'uploads', 'manifests', ':', '@'],
].map((text) => text.replaceAll(' ', '%20'))

const segment = fc.oneof(
  fc.constantFrom(...odd),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(encodeLoosely),
  fc.string({ unit: fc.constantFrom(...Array.from('aA0._-/%:@')), maxLength: 20 }),
)

const hex = (length: number) =>
  fc.string({
    unit: fc.constantFrom(...Array.from('0123456789abcdef')),
    minLength: length,
    maxLength: length,
  })

const digests = ({ digest }: Existing) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(digest) },
    { weight: 2, arbitrary: hex(64).map((text) => `sha256:${text}`) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...[digest.toUpperCase(), digest.slice(0, -1), `${digest}0`, digest.replace(':', '%3A')],
        ...['sha256:', 'sha256', ':', 'sha512:00', 'md5:d41d8cd98f00b204e9800998ecf8427e'],
        ...[
          'sha256:../../../../etc/passwd',
          'sha256:%2e%2e%2f%2e%2e',
          'sha1:0',
          `sha256:${'g'.repeat(64)}`,
        ],
        ...[
          `sha512:${'0'.repeat(128)}`,
          `sha256:sha256:${'0'.repeat(64)}`,
          `sha256+b64u:${'A'.repeat(43)}`,
        ],
      ),
    },
    { weight: 1, arbitrary: segment },
  )

const names = ({ repository }: Existing) =>
  oftener(
    [repository],
    fc.oneof(
      fc.array(segment, { maxLength: 4 }).map((parts) => parts.join('/')),
      fc.constantFrom(
        'single',
        'UPPER/case',
        'a//b',
        '/a/b',
        'a/b/',
        'a/'.repeat(200),
        'x%2Fy',
        'quay/a..b',
        'quay/a__b-',
        `quay/${'n'.repeat(260)}`,
      ),
    ),
  )

const tags = ({ tag }: Existing) =>
  oftener(
    [tag, 'unknown'],
    fc.oneof(segment, fc.constantFrom('t'.repeat(128), 't'.repeat(129), 'a:b', 'a@b', '.a', '-a')),
  )

const uploadIds = ({ uploads }: Existing) =>
  oftener(
    [...uploads, '00000000-0000-4000-8000-000000000000'],
    fc.oneof(
      segment,
      fc.uuid().map((id) => id.toUpperCase()),
      fc.uuid().map((id) => id.slice(1)),
    ),
  )

const numbers = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e3',
    '0x10',
    '9'.repeat(30),
    '1.5',
    'Infinity',
    'NaN',
    ' 1',
    '1;2',
  ),
)

function queries(existing: Existing): fc.Arbitrary<string> {
  const value = fc.oneof(segment, digests(existing), numbers, names(existing))
  const key = fc.constantFrom(
    'n',
    'last',
    'next_page',
    'digest',
    'mount',
    'from',
    'artifactType',
    'tag',
    'scope',
    'service',
    '_state',
    '%00',
    '',
  )
  const pair = fc.tuple(key, value).map(([name, text]) => `${name}=${text.replaceAll('#', '%23')}`)
  return fc
    .array(pair, { maxLength: 4 })
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`))
}

export interface Target {
  readonly path: string
  /** What such a path is usually asked with, so that most requests get past the first check. */
  readonly methods: readonly string[]
}

/** Paths below `/v2`, right and wrong in every part. */
export function targets(existing: Existing): fc.Arbitrary<Target> {
  const [name, digest, tag, id] = [
    names(existing),
    digests(existing),
    tags(existing),
    uploadIds(existing),
  ]
  const of = (middle: string, last: fc.Arbitrary<string>, methods: readonly string[]) =>
    fc
      .tuple(name, last)
      .map(([repository, text]) => ({ path: `/v2/${repository}/${middle}/${text}`, methods }))
  const read = ['GET', 'HEAD']
  const path = fc.oneof(
    {
      weight: 5,
      arbitrary: of('manifests', fc.oneof(tag, digest), [...read, 'PUT', 'PUT', 'DELETE']),
    },
    { weight: 4, arbitrary: of('blobs', digest, [...read, 'GET', 'DELETE']) },
    { weight: 5, arbitrary: of('blobs/uploads', id, ['GET', 'PATCH', 'PATCH', 'PUT', 'DELETE']) },
    { weight: 3, arbitrary: of('blobs/uploads', fc.constantFrom('', '', '/', '?'), ['POST']) },
    { weight: 2, arbitrary: of('referrers', digest, read) },
    {
      weight: 2,
      arbitrary: of('tags', fc.constantFrom('list', 'list', 'list/', 'lists', ''), read),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          '/v2',
          '/v2/',
          '/v2//',
          '/v2/auth',
          '/v2/auth/',
          '/v2/_catalog',
          '/v2/_catalog/x',
          '/v2/../v2/',
          '/V2/',
        )
        .map((text) => ({ path: text, methods: read })),
    },
    { weight: 1, arbitrary: segment.map((text) => ({ path: `/v2/${text}`, methods: read })) },
  )
  return fc
    .tuple(path, queries(existing))
    .map(([target, query]) => ({ ...target, path: target.path + query }))
}

/** Percent-encodes only what cannot stand in a request line at all. */
function encodeLoosely(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll('%25', '%')
}
