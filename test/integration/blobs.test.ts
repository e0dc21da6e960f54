import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContent, createImage, digestOf, randomBytesOf } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let client: RegistryClient
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const repository = 'quay/blobs'
let counter = 0
const blob = (sizeBytes = 5000) => createContent(randomBytesOf(`blob ${counter++}`, sizeBytes))
const uploads = `/v2/${repository}/blobs/uploads/`
const errorsOf = (answer: { json(): unknown }) =>
  (answer.json() as { errors: { code: string; message: string; detail: unknown }[] }).errors

async function pushed(sizeBytes?: number) {
  const content = blob(sizeBytes)
  await client.pushBlob(repository, content)
  return content
}

describe('pushing a blob', () => {
  it.each([
    ['POST and PUT', (content: ReturnType<typeof blob>) => client.pushBlob(repository, content)],
    [
      'one POST',
      (content: ReturnType<typeof blob>) => client.pushBlobInOnePost(repository, content),
    ],
    [
      'chunks',
      (content: ReturnType<typeof blob>) => client.pushBlobInChunks(repository, content, 1024),
    ],
    [
      'one stream',
      (content: ReturnType<typeof blob>) =>
        client.pushBlobAsStream(repository, content.digest, () => Readable.from([content.bytes])),
    ],
  ])('by %s makes it readable', async (_way, push) => {
    const content = blob()
    await push(content)
    const answer = await client.getBlob(repository, content.digest)
    expect(answer.status).toBe(200)
    expect(answer.body.equals(content.bytes)).toBe(true)
    expect(answer.header('docker-content-digest')).toBe(content.digest)
    expect(answer.header('content-length')).toBe(String(content.bytes.length))
    expect(answer.header('content-type')).toBe('application/octet-stream')
    expect(answer.header('accept-ranges')).toBe('bytes')
  })

  it('takes the last chunk with the PUT', async () => {
    const content = blob(3000)
    let location = await client.startUpload(repository)
    location = await client.appendToUpload(location, content.bytes.subarray(0, 1000), {
      'content-range': '0-999',
    })
    await client.finishUpload(location, content.digest, content.bytes.subarray(1000))
    expect((await client.getBlob(repository, content.digest)).body.equals(content.bytes)).toBe(true)
  })

  it('takes zero bytes', async () => {
    const empty = createContent('')
    await client.pushBlob(repository, empty)
    const head = await client.headBlob(repository, empty.digest)
    expect(head.status).toBe(200)
    expect(head.header('content-length')).toBe('0')
    expect((await client.getBlob(repository, empty.digest)).body).toHaveLength(0)
  })

  it('takes sha512', async () => {
    const { bytes } = blob()
    const digest = digestOf(bytes, 'sha512')
    await client.pushBlob(repository, { bytes, digest })
    expect((await client.getBlob(repository, digest)).body.equals(bytes)).toBe(true)
  })

  it('takes the same content twice, also at once', async () => {
    const content = blob(200_000)
    await Promise.all(Array.from({ length: 8 }, () => client.pushBlob(repository, content)))
    expect((await client.getBlob(repository, content.digest)).status).toBe(200)
  })

  it.each(['POST and PUT', 'one POST', 'chunks'])(
    'with the wrong digest keeps nothing (%s)',
    async (way) => {
      const { bytes } = blob()
      const { digest } = blob()
      const wrong = { bytes, digest, mediaType: 'application/octet-stream' }
      const location = await client.startUpload(repository)
      const answer =
        way === 'one POST'
          ? await client.request('POST', `${uploads}?digest=${digest}`, { body: bytes })
          : way === 'chunks'
            ? await client.request(
                'PUT',
                `${await client.appendToUpload(location, bytes)}?digest=${digest}`,
              )
            : await client.request('PUT', `${location}?digest=${digest}`, { body: wrong.bytes })
      expect(answer.status).toBe(400)
      expect(errorsOf(answer)[0]?.code).toBe('DIGEST_INVALID')
      expect((await client.headBlob(repository, digest)).status).toBe(404)
      expect((await client.headBlob(repository, digestOf(bytes))).status).toBe(404)
      if (way !== 'one POST') expect((await client.request('GET', location)).status).toBe(404)
    },
  )
})

describe('an upload', () => {
  it('tells where it stands', async () => {
    let location = await client.startUpload(repository)
    const empty = await client.request('GET', location)
    expect([empty.status, empty.header('range')]).toEqual([204, '0-0'])
    location = await client.appendToUpload(location, Buffer.alloc(700))
    const status = await client.request('GET', location)
    expect([status.status, status.header('range')]).toEqual([204, '0-699'])
    expect(status.header('docker-upload-uuid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(status.header('location')).toBe(location)
  })

  it('refuses chunks out of order and goes on where it stood', async () => {
    const content = blob(3000)
    let location = await client.startUpload(repository)
    location = await client.appendToUpload(location, content.bytes.subarray(0, 1000), {
      'content-range': '0-999',
    })
    for (const [start, end] of [
      [2000, 2999],
      [0, 999],
      [500, 1499],
    ] as const) {
      const refused = await client.request('PATCH', location, {
        headers: { 'content-range': `${start}-${end}` },
        body: content.bytes.subarray(start, end + 1),
      })
      expect(refused.status).toBe(416)
      expect(refused.header('range')).toBe('0-999')
      expect(refused.header('location')).toBe(location)
    }
    const put = await client.request('PUT', `${location}?digest=${content.digest}`, {
      headers: { 'content-range': '2000-2999' },
      body: content.bytes.subarray(2000),
    })
    expect(put.status).toBe(416)
    location = await client.appendToUpload(location, content.bytes.subarray(1000), {
      'content-range': '1000-2999',
    })
    await client.finishUpload(location, content.digest)
    expect((await client.getBlob(repository, content.digest)).body.equals(content.bytes)).toBe(true)
  })

  it.each(['abc', '5', '9-5', 'bytes 1-'])('refuses the Content-Range %s', async (range) => {
    const location = await client.startUpload(repository)
    const answer = await client.request('PATCH', location, {
      headers: { 'content-range': range },
      body: Buffer.alloc(5),
    })
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('refuses a length other than its Content-Range', async () => {
    const location = await client.startUpload(repository)
    const answer = await client.request('PATCH', location, {
      headers: { 'content-range': '0-9' },
      body: Buffer.alloc(5),
    })
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([400, 'SIZE_INVALID'])
  })

  it('can be cancelled', async () => {
    const location = await client.startUpload(repository)
    expect((await client.request('DELETE', location)).status).toBe(204)
    for (const method of ['GET', 'DELETE', 'PATCH', 'PUT']) {
      const answer = await client.request(method, `${location}?digest=${digestOf('')}`)
      expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
    }
  })

  it('belongs to its repository', async () => {
    const location = await client.startUpload(repository)
    const elsewhere = location.replace(repository, 'quay/elsewhere')
    await client.pushBlob('quay/elsewhere', blob())
    expect((await client.request('PATCH', elsewhere, { body: 'x' })).status).toBe(404)
  })

  it.each(['not-a-uuid', '..%2f..%2fetc', '00000000-0000-4000-8000-000000000000'])(
    'is unknown as %s',
    async (id) => {
      const answer = await client.request('GET', `${uploads}${id}`)
      expect(answer.status).toBe(404)
    },
  )

  it('needs a digest to end', async () => {
    const answer = await client.request('PUT', await client.startUpload(repository), { body: 'x' })
    expect(answer.status).toBe(400)
    expect(errorsOf(answer)[0]).toMatchObject({
      code: 'BLOB_UPLOAD_INVALID',
      detail: { reason: 'Missing digest arg on monolithic upload' },
    })
  })

  it.each(['sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'nonsense'])(
    'refuses to end as %s',
    async (digest) => {
      const location = await client.startUpload(repository)
      const answer = await client.request('PUT', `${location}?digest=${digest}`, { body: 'x' })
      expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([400, 'DIGEST_INVALID'])
    },
  )

  it('continues after a restart where it stood', async () => {
    const content = blob(50_000)
    const location = await client.startUpload(repository)
    await client.appendToUpload(location, content.bytes.subarray(0, 20_000))
    await server.restart()
    const status = await client.request('GET', location)
    expect([status.status, status.header('range')]).toEqual([204, '0-19999'])
    await client.appendToUpload(location, content.bytes.subarray(20_000))
    await client.finishUpload(location, content.digest)
    expect((await client.getBlob(repository, content.digest)).body.equals(content.bytes)).toBe(true)
  })
})

describe('reading a blob', () => {
  it.each([
    ['bytes=500-1499', 500, 1500],
    ['bytes=500-', 500, 5000],
    ['bytes=-500', 4500, 5000],
    ['bytes=4000-9999', 4000, 5000],
    ['bytes=0-0', 0, 1],
  ])('serves %s', async (range, start, end) => {
    const content = await pushed()
    const answer = await client.getBlob(repository, content.digest, { range })
    expect(answer.status).toBe(206)
    expect(answer.body.equals(content.bytes.subarray(start, end))).toBe(true)
    expect(answer.header('content-range')).toBe(`bytes ${start}-${end - 1}/5000`)
    expect(answer.header('content-length')).toBe(String(end - start))
  })

  it.each(['bytes=5000-', 'bytes=9000-9999', 'bytes=500-0', 'bytes=-0'])(
    'cannot serve %s',
    async (range) => {
      const content = await pushed()
      const answer = await client.getBlob(repository, content.digest, { range })
      expect(answer.status).toBe(416)
    },
  )

  it.each(['bytes=a-b', 'bytes=0-1,4-5', 'lines=1-2'])(
    'answers %s with the whole',
    async (range) => {
      const content = await pushed()
      const answer = await client.getBlob(repository, content.digest, { range })
      expect([answer.status, answer.body.length]).toEqual([200, 5000])
    },
  )

  it('says that the client has it already', async () => {
    const content = await pushed()
    const answer = await client.getBlob(repository, content.digest, {
      'if-none-match': `"${content.digest}"`,
    })
    expect([answer.status, answer.body.length]).toEqual([304, 0])
  })

  it('does not find what was never pushed', async () => {
    const { digest } = blob()
    const answer = await client.getBlob(repository, digest)
    expect([answer.status, errorsOf(answer)[0]?.code]).toEqual([404, 'BLOB_UNKNOWN'])
    expect((await client.headBlob(repository, digest)).status).toBe(404)
  })

  it('does not show a blob of another repository', async () => {
    const content = await pushed()
    await client.pushBlob('quay/neighbour', blob())
    expect((await client.headBlob('quay/neighbour', content.digest)).status).toBe(404)
  })
})

describe('mounting a blob', () => {
  it('takes it from the named repository', async () => {
    const content = await pushed()
    const answer = await client.mountBlob('quay/mounted', content.digest, repository)
    expect(answer.status).toBe(201)
    expect(answer.header('docker-content-digest')).toBe(content.digest)
    const found = await client.request('GET', answer.header('location'))
    expect(found.body.equals(content.bytes)).toBe(true)
  })

  it('finds it wherever the caller may read', async () => {
    const content = await pushed()
    expect((await client.mountBlob('quay/anonymous-mount', content.digest)).status).toBe(201)
  })

  it.each([repository, 'quay/never-existed', undefined])(
    'of what is not in %s starts an upload',
    async (from) => {
      const { digest, bytes } = blob()
      const answer = await client.mountBlob('quay/mounted', digest, from)
      expect(answer.status).toBe(202)
      await client.finishUpload(answer.header('location'), digest, bytes)
    },
  )

  it('does not reach into what the caller may not read', async () => {
    const content = await pushed()
    const made = JSON.parse(await server.mooring(['user', 'add', 'mounter'], ['--json'])) as {
      password: string
    }
    const stranger = server.client({ username: 'mounter', password: made.password })
    for (const from of [repository, undefined]) {
      const answer = await stranger.mountBlob('mounter/target', content.digest, from)
      expect(answer.status).toBe(202)
    }
  })
})

describe('deleting a blob', () => {
  it('takes it out of the repository at once', async () => {
    const content = await pushed()
    expect((await client.deleteBlob(repository, content.digest)).status).toBe(202)
    expect((await client.headBlob(repository, content.digest)).status).toBe(404)
    expect((await client.deleteBlob(repository, content.digest)).status).toBe(404)
  })

  it('is refused while a manifest refers to it, and says which', async () => {
    const image = createImage({ labels: { test: 'blob delete' } })
    await client.pushImage(repository, 'delete-me', image)
    const layer = image.blobs[0]?.digest ?? ''
    const refused = await client.deleteBlob(repository, layer)
    expect(refused.status).toBe(405)
    expect(errorsOf(refused)[0]?.message).toContain(image.manifest.digest)
    await client.deleteManifest(repository, image.manifest.digest)
    expect((await client.deleteBlob(repository, layer)).status).toBe(202)
    expect((await client.headBlob(repository, layer)).status).toBe(404)
  })
})
