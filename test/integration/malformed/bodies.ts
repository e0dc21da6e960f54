import fc from 'fast-check'
import type { Existing } from './existing.ts'

/** What may stand where a manifest or a blob is expected. */
export function bodies({ digest }: Existing): fc.Arbitrary<Buffer> {
  const descriptor = fc.record(
    {
      mediaType: fc.oneof(fc.constant('application/vnd.oci.image.layer.v1.tar'), fc.jsonValue()),
      digest: fc.oneof(fc.constant(digest), fc.jsonValue()),
      size: fc.oneof(fc.constantFrom<unknown>(2, -1, 1e300, '2', null, 2 ** 53), fc.jsonValue()),
      data: fc.constantFrom('e30=', '!!!', 5),
      urls: fc.jsonValue(),
      annotations: fc.jsonValue(),
      platform: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const several = fc.oneof(fc.array(descriptor, { maxLength: 4 }), fc.jsonValue())
  const manifest = fc.record(
    {
      schemaVersion: fc.constantFrom<unknown>(2, 2, 2, 1, '2', null, -0),
      mediaType: fc.constantFrom<unknown>(
        'application/vnd.oci.image.manifest.v1+json',
        'application/vnd.oci.image.index.v1+json',
        7,
        '',
      ),
      config: fc.oneof(descriptor, fc.jsonValue()),
      layers: several,
      manifests: several,
      subject: fc.oneof(descriptor, fc.jsonValue()),
      artifactType: fc.jsonValue(),
      annotations: fc.oneof(
        fc.jsonValue(),
        fc.constant({ 'quay.expires-after': '1e9w', __proto__: null }),
      ),
    },
    { requiredKeys: ['schemaVersion'] },
  )
  const texts = [
    '',
    '{',
    '[',
    '"',
    'null',
    '0',
    '{}',
    '[]',
    '\uFEFF{}',
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '['.repeat(100_000),
    '{"a":'.repeat(50_000),
    `{"layers":${'['.repeat(2000)}${']'.repeat(2000)}}`,
    '{"schemaVersion":2,"layers":[{"size":1e400}]}',
    `{"schemaVersion":2,"x":"${'y'.repeat(100_000)}"}`,
    '{"schemaVersion":2}\0',
  ]
  return fc.oneof(
    { weight: 3, arbitrary: manifest.map((value) => Buffer.from(JSON.stringify(value))) },
    { weight: 2, arbitrary: fc.constantFrom(...texts).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 2, arbitrary: fc.constant(Buffer.alloc(0)) },
  )
}
