import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createContent,
  createImage,
  createIndex,
  descriptorOf,
  digestOf,
  emptyJson,
  mediaTypes,
} from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: RegistryClient
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const repository = 'quay/manifests'
let counter = 0
const image = (options: Parameters<typeof createImage>[0] = {}) =>
  createImage({ ...options, labels: { number: String(counter++) } })
const errorsOf = (answer: { json(): unknown }) =>
  (answer.json() as { errors: { code: string; message: string; detail: unknown }[] }).errors
const put = (
  reference: string,
  body: string | Buffer,
  contentType: string = mediaTypes.ociManifest,
) =>
  client.request('PUT', `/v2/${repository}/manifests/${reference}`, {
    headers: { 'content-type': contentType },
    body,
  })

async function pushed(tag: string, options: Parameters<typeof createImage>[0] = {}) {
  const made = image(options)
  await client.pushImage(repository, tag, made)
  return made
}

describe('pushing a manifest', () => {
  it.each(['oci', 'docker'] as const)('keeps the bytes of an %s image', async (format) => {
    const { manifest } = await pushed(`format-${format}`, { format })
    for (const reference of [`format-${format}`, manifest.digest]) {
      const answer = await client.getManifest(repository, reference)
      expect(answer.status).toBe(200)
      expect(answer.body.equals(manifest.bytes)).toBe(true)
      expect(answer.header('content-type')).toBe(manifest.mediaType)
      expect(answer.header('docker-content-digest')).toBe(manifest.digest)
      const head = await client.headManifest(repository, reference)
      expect([head.status, head.header('content-length')]).toEqual([
        200,
        String(manifest.bytes.length),
      ])
    }
  })

  it('answers with where it is', async () => {
    const made = image()
    for (const blob of made.blobs) await client.pushBlob(repository, blob)
    const answer = await client.putManifest(repository, 'located', made.manifest)
    expect(answer.header('docker-content-digest')).toBe(made.manifest.digest)
    const found = await client.request('GET', answer.header('location'))
    expect(found.body.equals(made.manifest.bytes)).toBe(true)
  })

  it('by digest sets the tags that are asked for', async () => {
    const made = image()
    for (const blob of made.blobs) await client.pushBlob(repository, blob)
    const answer = await put(`${made.manifest.digest}?tag=param-a&tag=param-b`, made.manifest.bytes)
    expect(answer.status).toBe(201)
    expect(answer.headers['oci-tag']).toBe('param-a, param-b')
    for (const tag of ['param-a', 'param-b']) {
      const head = await client.headManifest(repository, tag)
      expect(head.header('docker-content-digest')).toBe(made.manifest.digest)
    }
  })

  it('by sha512 digest is known under it', async () => {
    const made = image()
    for (const blob of made.blobs) await client.pushBlob(repository, blob)
    const digest = digestOf(made.manifest.bytes, 'sha512')
    expect((await put(digest, made.manifest.bytes)).header('docker-content-digest')).toBe(digest)
    expect((await client.getManifest(repository, digest)).body.equals(made.manifest.bytes)).toBe(
      true,
    )
  })

  it('takes an index, an index of indexes and an empty one', async () => {
    const one = image({ platform: { os: 'linux', architecture: 'amd64' } })
    const two = image({ platform: { os: 'linux', architecture: 'arm64' } })
    await client.pushImage(repository, one.manifest.digest, one)
    await client.pushImage(repository, two.manifest.digest, two)
    const index = createIndex([{ manifest: one.manifest }, { manifest: two.manifest }])
    await client.putManifest(repository, index.digest, index)
    const nested = createIndex([{ manifest: index }])
    await client.putManifest(repository, 'nested', nested)
    await client.putManifest(repository, 'empty', createIndex([]))
    for (const content of [index, nested, one.manifest]) {
      const answer = await client.getManifest(repository, content.digest)
      expect(answer.body.equals(content.bytes)).toBe(true)
    }
  })

  it('keeps custom fields, embedded data and odd spelling byte by byte', async () => {
    const made = image()
    for (const blob of [...made.blobs, emptyJson]) await client.pushBlob(repository, blob)
    const fields = JSON.parse(made.manifest.bytes.toString()) as object
    const spelled = Buffer.from(
      JSON.stringify(
        {
          ...fields,
          config: { ...descriptorOf(emptyJson), data: emptyJson.bytes.toString('base64') },
          'org.example.custom': { nested: ['\u00e9', 1e21] },
        },
        null,
        7,
      ) + '\n\n',
    )
    expect((await put('custom', spelled)).status).toBe(201)
    expect((await client.getManifest(repository, 'custom')).body.equals(spelled)).toBe(true)
  })

  it('does not ask for non-distributable layers', async () => {
    const made = image({
      manifest: {
        layers: [
          {
            mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
            digest: digestOf('elsewhere'),
            size: 9,
            urls: ['https://example.com/layer'],
          },
        ],
      },
    })
    await client.pushImage(repository, 'foreign', made)
  })

  it('takes almost 4 MiB, and not a byte beyond', async () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 390 }, (_, at) => [`large-${at}`, 'A'.repeat(10_000)]),
    )
    await pushed('large', { manifest: { annotations } })
    const answer = await put('too-large', Buffer.alloc(4 * 1024 * 1024 + 1, ' '))
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([413, 'SIZE_INVALID'])
  })

  it('refuses a stream that grows beyond 4 MiB, and the connection goes on', async () => {
    const answer = await client.request('PUT', `/v2/${repository}/manifests/too-large`, {
      headers: { 'content-type': mediaTypes.ociManifest },
      body: () => Readable.from(Array.from({ length: 80 }, () => Buffer.alloc(1 << 16, ' '))),
    })
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([413, 'SIZE_INVALID'])
    expect((await client.getManifest(repository, 'large')).status).toBe(200)
  })
})

describe('a manifest is refused', () => {
  const missing = descriptorOf(createContent('never pushed'))
  const valid = () => JSON.parse(image().manifest.bytes.toString()) as Record<string, unknown>

  it.each([
    ['as no JSON', () => '{"schemaVersion":', 400, 'MANIFEST_INVALID'],
    ['as a list', () => '[]', 400, 'MANIFEST_INVALID'],
    [
      'without a config',
      () => JSON.stringify({ ...valid(), config: undefined }),
      400,
      'MANIFEST_INVALID',
    ],
    [
      'with an unknown blob',
      () => JSON.stringify({ ...valid(), layers: [missing] }),
      400,
      'MANIFEST_BLOB_UNKNOWN',
    ],
    [
      'as schema 3',
      () => JSON.stringify({ ...valid(), schemaVersion: 3 }),
      400,
      'MANIFEST_INVALID',
    ],
  ])('%s', async (_title, body, status, code) => {
    const answer = await put('refused', body())
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([status, code])
    expect((await client.getManifest(repository, 'refused')).status).toBe(404)
  })

  it('in a media type that is not a manifest', async () => {
    const answer = await put('refused', image().manifest.bytes, 'text/plain')
    expect(answer.status).toBe(415)
    expect(errorsOf(answer)[0]).toMatchObject({
      code: 'MANIFEST_INVALID',
      detail: { message: 'manifest schema version not supported' },
    })
  })

  it('with a missing child, which is named', async () => {
    const index = createIndex([{ manifest: image().manifest }])
    const answer = await put('refused', index.bytes, index.mediaType)
    expect(answer.status).toBe(400)
    expect(JSON.stringify(errorsOf(answer))).toContain('Could not find child manifest with digest')
  })

  it('under a digest that is not its own', async () => {
    const made = image()
    for (const blob of made.blobs) await client.pushBlob(repository, blob)
    const answer = await put(digestOf('other'), made.manifest.bytes)
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([400, 'DIGEST_INVALID'])
  })

  it.each([
    ['sha256:baddigeststring', 'DIGEST_INVALID'],
    ['.dot-first', 'TAG_INVALID'],
    ['a'.repeat(129), 'TAG_INVALID'],
    ['sp%20ace', 'TAG_INVALID'],
  ])('under the reference %s', async (reference, code) => {
    const answer = await put(reference, image().manifest.bytes)
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([400, code])
  })

  it('with a wrong size of a layer', async () => {
    const made = image()
    for (const blob of made.blobs) await client.pushBlob(repository, blob)
    const fields = JSON.parse(made.manifest.bytes.toString()) as { config: object }
    const lying = { ...fields, config: { ...fields.config, size: 1 } }
    const answer = await put('refused', JSON.stringify(lying))
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([400, 'MANIFEST_INVALID'])
  })
})

describe('reading a manifest', () => {
  it.each(['never-pushed', digestOf('never pushed'), '.INVALID_MANIFEST_NAME'])(
    'that is not there (%s)',
    async (reference) => {
      const answer = await client.getManifest(repository, reference)
      expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([404, 'MANIFEST_UNKNOWN'])
    },
  )

  it('gives an old client the amd64 image of an index', async () => {
    const amd64 = image({ format: 'docker', platform: { os: 'linux', architecture: 'amd64' } })
    await client.pushImage(repository, amd64.manifest.digest, amd64)
    const list = createIndex(
      [{ manifest: amd64.manifest, platform: { os: 'linux', architecture: 'amd64' } }],
      { format: 'docker' },
    )
    await client.putManifest(repository, 'old-client', list)
    const answer = await client.getManifest(repository, 'old-client', mediaTypes.dockerManifest)
    expect(answer.header('docker-content-digest')).toBe(amd64.manifest.digest)
    const none = await client.getManifest(repository, 'old-client', mediaTypes.ociManifest)
    expect(none.status).toBe(404)
    const any = await client.getManifest(repository, 'old-client', '*/*')
    expect(any.header('docker-content-digest')).toBe(list.digest)
  })

  it('says that the client has it already', async () => {
    const { manifest } = await pushed('etag')
    const answer = await client.request('GET', `/v2/${repository}/manifests/etag`, {
      headers: { 'if-none-match': `"${manifest.digest}"` },
    })
    expect(answer.status).toBe(304)
  })
})

describe('deleting', () => {
  it('a tag leaves the other tags of its manifest', async () => {
    const made = await pushed('keep')
    await client.putManifest(repository, 'drop', made.manifest)
    expect((await client.deleteManifest(repository, 'drop')).status).toBe(202)
    const gone = await client.getManifest(repository, 'drop')
    expect([gone.status, errorsOf(gone)[0]?.code]).toEqual([404, 'TAG_EXPIRED'])
    expect((await client.getManifest(repository, 'keep')).status).toBe(200)
    expect((await client.getManifest(repository, made.manifest.digest)).status).toBe(200)
  })

  it('the last tag takes the digest with it', async () => {
    const { manifest } = await pushed('last')
    await client.deleteManifest(repository, 'last')
    expect((await client.getManifest(repository, manifest.digest)).status).toBe(404)
  })

  it('a digest ends all its tags', async () => {
    const made = await pushed('first-name')
    await client.putManifest(repository, 'second-name', made.manifest)
    expect((await client.deleteManifest(repository, made.manifest.digest)).status).toBe(202)
    for (const reference of ['first-name', 'second-name', made.manifest.digest]) {
      expect((await client.getManifest(repository, reference)).status).toBe(404)
    }
    expect((await client.deleteManifest(repository, made.manifest.digest)).status).toBe(404)
  })

  it('a tag twice finds nothing the second time', async () => {
    await pushed('twice')
    expect((await client.deleteManifest(repository, 'twice')).status).toBe(202)
    expect((await client.deleteManifest(repository, 'twice')).status).toBe(404)
  })

  it('ends the signature tag together with the last tag of its image', async () => {
    const { manifest } = await pushed('signed')
    const signature = `${manifest.digest.replace(':', '-')}.sig`
    await pushed(signature)
    await client.deleteManifest(repository, 'signed')
    expect((await client.getManifest(repository, signature)).status).toBe(404)
  })

  it('a moved tag points to the new manifest alone', async () => {
    const old = await pushed('moving')
    const fresh = await pushed('moving')
    const head = await client.headManifest(repository, 'moving')
    expect(head.header('docker-content-digest')).toBe(fresh.manifest.digest)
    expect((await client.getManifest(repository, old.manifest.digest)).status).toBe(404)
  })
})

describe('tags', () => {
  it('are listed in lexical order, in pages, without history', async () => {
    const made = image()
    for (const blob of made.blobs) await client.pushBlob('quay/tags', blob)
    for (const tag of ['b', 'A', '1.10', '1.2', '_x', 'a', 'a']) {
      await client.putManifest('quay/tags', tag, made.manifest)
    }
    const sorted = ['1.10', '1.2', 'A', '_x', 'a', 'b']
    expect((await client.listTags('quay/tags')).json()).toEqual({ name: 'quay/tags', tags: sorted })
    const seen: string[] = []
    let path: string | undefined = '/v2/quay/tags/tags/list?n=4'
    while (path !== undefined) {
      const page = await client.request('GET', path)
      seen.push(...(page.json() as { tags: string[] }).tags)
      path = /<([^>]+)>; rel="next"/.exec(String(page.headers.link ?? ''))?.[1]
    }
    expect(seen).toEqual(sorted)
    expect((await client.listTags('quay/tags', { n: '0' })).json()).toMatchObject({ tags: [] })
    expect((await client.listTags('quay/tags', { last: 'A' })).json()).toMatchObject({
      tags: ['_x', 'a', 'b'],
    })
    expect((await client.listTags('quay/tags', { n: 'many' })).json()).toMatchObject({
      tags: ['1.10'],
    })
  })

  it('of an unknown repository are 404 for its owner', async () => {
    const answer = await client.listTags('quay/not-yet')
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([404, 'NAME_UNKNOWN'])
  })
})
