import { describe, expect, it } from 'vitest'
import { isProblem } from '../../problem.ts'
import { mediaTypes } from './manifest-media-types.ts'
import { parseManifest } from './parse-manifest.ts'

const hex = (character: string) => character.repeat(64)
const descriptor = (character: string, extra: object = {}) => ({
  mediaType: 'application/octet-stream',
  digest: `sha256:${hex(character)}`,
  size: 3,
  ...extra,
})
const image = { schemaVersion: 2, config: descriptor('a'), layers: [descriptor('b')] }
const index = {
  schemaVersion: 2,
  manifests: [descriptor('c', { mediaType: mediaTypes.ociManifest })],
}
const parse = (document: unknown, type: string = mediaTypes.ociManifest) =>
  parseManifest(Buffer.from(JSON.stringify(document)), type)

describe('a manifest', () => {
  it('names the blobs that the registry must hold', () => {
    expect(parse(image).blobs).toEqual([
      { digest: `sha256:${hex('a')}`, sizeBytes: 3 },
      { digest: `sha256:${hex('b')}`, sizeBytes: 3 },
    ])
  })

  it('does not ask for non-distributable layers', () => {
    const foreign = descriptor('d', {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      urls: ['https://example.com/layer'],
    })
    expect(parse({ ...image, layers: [foreign] }).blobs).toHaveLength(1)
  })

  it('takes its artifact type from the config when it has none', () => {
    expect(parse(image).artifactType).toBe('application/octet-stream')
    expect(parse({ ...image, artifactType: 'a/b' }).artifactType).toBe('a/b')
  })

  it('reads what an index lists', () => {
    expect(parse(index, mediaTypes.ociIndex).children.map((child) => child.digest)).toEqual([
      `sha256:${hex('c')}`,
    ])
  })

  it.each([
    ['', mediaTypes.ociManifest, { ...image, mediaType: mediaTypes.ociManifest }],
    [
      'application/json',
      mediaTypes.dockerManifest,
      { ...image, mediaType: mediaTypes.dockerManifest },
    ],
    ['', mediaTypes.ociManifest, image],
    ['', mediaTypes.ociIndex, index],
  ])('says itself what it is when the client does not (%s)', (contentType, expected, document) => {
    expect(parse(document, contentType).mediaType).toBe(expected)
  })

  it.each([
    ['a number as document', 5],
    ['a list as document', []],
    ['no config', { schemaVersion: 2, layers: [] }],
    ['a digest that is none', { ...image, config: descriptor('a', { digest: 'sha256:xyz' }) }],
    ['a negative size', { ...image, layers: [descriptor('b', { size: -1 })] }],
    ['a fractional size', { ...image, layers: [descriptor('b', { size: 1.5 })] }],
    ['an annotation that is no text', { ...image, annotations: { a: 1 } }],
    ['another mediaType than the header', { ...image, mediaType: mediaTypes.dockerManifest }],
    ['an image that is also an index', { ...image, manifests: [] }],
    ['two sizes for one blob', { ...image, layers: [descriptor('a', { size: 4 })] }],
    [
      'a foreign layer without an address',
      {
        ...image,
        layers: [
          descriptor('d', {
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
          }),
        ],
      },
    ],
  ])('is refused with %s', (_title, document) => {
    expect(() => parse(document)).toThrow(
      expect.toSatisfy((error) => isProblem(error, 'manifest-invalid')),
    )
  })

  it('is refused when it is no JSON or no UTF-8', () => {
    const parseBytes = (bytes: Buffer) => parseManifest(bytes, mediaTypes.ociManifest)
    expect(() => parseBytes(Buffer.from('{'))).toThrow('manifest-invalid')
    expect(() => parseBytes(Buffer.from([0x22, 0xff, 0x22]))).toThrow('manifest-invalid')
  })

  it('survives nesting without end', () => {
    const nested = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`
    expect(() => parseManifest(Buffer.from(nested), mediaTypes.ociManifest)).toThrow(
      'manifest-invalid',
    )
  })

  it.each(['application/vnd.docker.distribution.manifest.v1+json', 'text/plain'])(
    'is refused as %s',
    (type) => {
      expect(() => parse(image, type)).toThrow(
        expect.toSatisfy((error) => isProblem(error, 'manifest-media-type')),
      )
    },
  )
})
