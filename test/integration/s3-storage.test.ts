import { readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createContent, createOpaqueImage, randomBytesOf } from '../support/content.ts'
import { startObjectStore, type Call, type ObjectStore } from '../support/object-store.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const mebibyte = 1 << 20

let store: ObjectStore
let server: TestServer
let client: RegistryClient

beforeAll(async () => {
  store = await startObjectStore()
  const location = [
    'RadosGWStorage',
    {
      hostname: '127.0.0.1',
      port: store.port,
      is_secure: false,
      storage_path: '/datastorage/registry',
      access_key: store.accessKey,
      secret_key: store.secretKey,
      bucket_name: store.bucket,
    },
  ]
  const settings = {
    DISTRIBUTED_STORAGE_CONFIG: { bucket: location, spare: location },
    DISTRIBUTED_STORAGE_PREFERENCE: ['bucket'],
  }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  client = server.client()
})

afterEach(async () => {
  store.intercept = undefined
  await store.come()
})

afterAll(async () => {
  await server.stop()
  await store[Symbol.asyncDispose]()
})

const waiting = () => readdirSync(`${server.dataDir}/staging/uploads`)
const blobOf = (name: string, size: number) => createContent(randomBytesOf(name, size))
const keyOf = (digest: string) => {
  const hex = digest.slice('sha256:'.length)
  return `datastorage/registry/sha256/${hex.slice(0, 2)}/${hex}`
}

describe('a registry whose blobs are in a bucket', () => {
  it('takes an image, gives it back, and keeps none of it on its own disk', async () => {
    const image = createOpaqueImage('bucket', [20 * mebibyte, 1000, 0])
    await client.pushImage('quay/bucket', 'v1', image)
    for (const { digest, bytes } of image.blobs) {
      expect(await client.pullBlob('quay/bucket', digest)).toEqual({
        digest,
        sizeBytes: bytes.length,
      })
      expect(store.object(keyOf(digest))?.equals(bytes)).toBe(true)
    }
    const [layer] = image.blobs
    const part = await client.getBlob('quay/bucket', layer?.digest ?? '', {
      range: `bytes=${String(9 * mebibyte)}-${String(9 * mebibyte + 99)}`,
    })
    expect(part.status).toBe(206)
    expect(
      part.body.equals(layer?.bytes.subarray(9 * mebibyte, 9 * mebibyte + 100) ?? part.body),
    ).toBe(true)
    expect(waiting()).toEqual([])
  })

  it('takes an upload that is continued after a restart', async () => {
    const blob = blobOf('continued', 12 * mebibyte)
    const started = await client.startUpload('quay/bucket')
    const location = await client.appendToUpload(started, blob.bytes.subarray(0, 5 * mebibyte))
    await server.restart()
    const rest = await client.appendToUpload(location, blob.bytes.subarray(5 * mebibyte))
    await client.finishUpload(rest, blob.digest)
    expect((await client.pullBlob('quay/bucket', blob.digest)).digest).toBe(blob.digest)
  })

  it('says at its start that further locations are not used', () => {
    expect(server.output()).toContain('only bucket is used; nothing is replicated to spare')
  })
})

describe('a bucket that cannot be reached', () => {
  const errorsOf = (answer: { json(): unknown }) => answer.json() as { errors: unknown[] }

  it('is told to who pushes and pulls; nothing is half there, and it works again after', async () => {
    const kept = blobOf('kept', 2 * mebibyte)
    await client.pushBlob('quay/away', kept)
    const big = blobOf('big', 30 * mebibyte)
    const path = `/v2/quay/away/blobs/uploads/?digest=${big.digest}`
    store.intercept = ({ query }) => {
      if (query.get('partNumber') === '2') void store.go()
      return undefined
    }
    const refused = await client.request('POST', path, { body: big.bytes })
    expect(refused.status).toBe(503)
    expect(errorsOf(refused).errors[0]).toMatchObject({
      code: 'UNAVAILABLE',
      detail: { code: 'MOOR-STO-030' },
    })
    expect((await client.headBlob('quay/away', big.digest)).status).toBe(404)
    expect(waiting()).toEqual([])

    const pull = await client.getBlob('quay/away', kept.digest)
    expect(pull.status).toBe(503)
    const health = await server.api().request('GET', '/health/endtoend')
    expect(health.status).toBe(503)

    store.intercept = undefined
    await store.come()
    await client.pushBlob('quay/away', big)
    expect((await client.pullBlob('quay/away', big.digest)).digest).toBe(big.digest)
    expect((await client.pullBlob('quay/away', kept.digest)).digest).toBe(kept.digest)
  })

  it('goes away in the middle of a pull: the client is cut off, never given other bytes', async () => {
    const blob = blobOf('cut', 12 * mebibyte)
    await client.pushBlob('quay/away', blob)
    let reads = 0
    store.intercept = ({ method, res }) => {
      if (method !== 'GET') return undefined
      if (reads++ === 0) return { cut: 3 * mebibyte }
      void store.go()
      res.destroy()
      return 'done'
    }
    await expect(client.pullBlob('quay/away', blob.digest)).rejects.toThrow('aborted')
    expect(reads).toBe(2)
    store.intercept = undefined
    await store.come()
    expect((await client.pullBlob('quay/away', blob.digest)).digest).toBe(blob.digest)
  })
})

describe('a server that is killed in the middle of a commit', () => {
  const moments: readonly (readonly [string, (call: Call) => boolean, boolean])[] = [
    [
      'before anything is sent',
      ({ method, query }) => method === 'POST' && query.has('uploads'),
      false,
    ],
    ['while parts are sent', ({ query }) => query.get('partNumber') === '2', true],
    [
      'before the parts become one',
      ({ method, query }) => method === 'POST' && query.has('uploadId'),
      false,
    ],
    [
      'after the parts became one',
      ({ method, query }) => method === 'POST' && query.has('uploadId'),
      true,
    ],
  ]

  it.each(moments)('%s, leaves all of the blob or nothing', async (moment, isMoment, acts) => {
    const blob = blobOf(moment, 20 * mebibyte)
    let killed: Promise<void> | undefined
    store.intercept = async (call) => {
      if (killed !== undefined || !isMoment(call)) return undefined
      killed = server.kill9()
      await killed
      return acts ? undefined : 'done'
    }
    await expect(client.pushBlob('quay/killed', blob)).rejects.toThrow()
    expect(killed).toBeDefined()
    await killed
    store.intercept = undefined
    await server.restart()

    expect((await client.headBlob('quay/killed', blob.digest)).status).toBe(404)
    const object = store.object(keyOf(blob.digest))
    expect(object === undefined || object.equals(blob.bytes)).toBe(true)
    expect(waiting()).toEqual([])
    await client.pushBlob('quay/killed', blob)
    expect((await client.pullBlob('quay/killed', blob.digest)).digest).toBe(blob.digest)
  })
})
