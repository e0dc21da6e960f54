import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startObjectStore, type ObjectStore } from '../../../../test/support/object-store.ts'
import { until } from '../../../../test/support/until.ts'
import { systemClock, type Clock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/logger.ts'
import { digestOf, storageSuite } from '../storage-suite.ts'
import type { BlobStorage } from '../storage.ts'
import { openS3Storage } from './s3-storage.ts'
import type { S3Settings } from './s3-settings.ts'

const mebibyte = 1024 * 1024
const logger = createLogger('silent')
const never = new AbortController().signal

function settingsFor(store: ObjectStore, stagingPath: string): S3Settings {
  return {
    bucket: store.bucket,
    prefix: 'data/registry',
    endpoint: store.endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId: store.accessKey,
      secretAccessKey: { reveal: () => store.secretKey },
    },
    partBytes: 5 * mebibyte,
    encrypts: false,
    stagingPath,
  }
}

async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
}

storageSuite('S3', async () => {
  const path = await mkdtemp(join(tmpdir(), 'mooring-s3-'))
  const store = await startObjectStore()
  return {
    open: () => openS3Storage({ settings: settingsFor(store, path), clock: systemClock, logger }),
    leftovers: async () => [
      ...(await filesIn(path)),
      ...store.keys(),
      ...Array.from({ length: store.transfers() }, () => 'a transfer'),
    ],
    async dispose() {
      await store[Symbol.asyncDispose]()
      await rm(path, { recursive: true })
    },
  }
})

describe('a storage in a bucket', () => {
  let path: string
  let store: ObjectStore
  let storage: BlobStorage
  let now = systemClock.now()
  const clock: Clock = { now: () => now }

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'mooring-s3-'))
    store = await startObjectStore()
    storage = await openS3Storage({ settings: settingsFor(store, path), clock, logger })
  })

  afterEach(async () => {
    await storage.close()
    await store[Symbol.asyncDispose]()
    await rm(path, { recursive: true })
  })

  async function upload(bytes: Buffer): Promise<string> {
    const id = randomUUID()
    await storage.createUpload(id)
    await storage.append(id, Readable.from([bytes]), { limitBytes: bytes.length, signal: never })
    return id
  }

  async function keep(bytes: Buffer) {
    await storage.commit(await upload(bytes), digestOf(bytes))
    return digestOf(bytes)
  }

  async function load(digest: ReturnType<typeof digestOf>): Promise<Buffer> {
    const blob = await storage.open(digest)
    const target = new PassThrough()
    const read = buffer(target)
    read.catch(() => undefined)
    try {
      await blob.sendTo(target, 0, blob.sizeBytes - 1, never)
    } catch (error) {
      target.destroy()
      throw error
    } finally {
      await blob.close()
    }
    target.end()
    return read
  }

  const unavailable = (code: string) =>
    expect.objectContaining({
      code: 'storage-unavailable',
      detail: { code },
      cause: expect.objectContaining({
        message: expect.stringContaining(code) as string,
      }) as unknown,
    }) as unknown

  test('keeps a blob where Quay keeps it', async () => {
    const digest = await keep(randomBytes(1000))
    const hex = digest.slice('sha256:'.length)
    expect(store.keys()).toEqual([`data/registry/sha256/${hex.slice(0, 2)}/${hex}`])
  })

  test('sends what is large in parts, of which each is sent once', async () => {
    const bytes = randomBytes(17 * mebibyte)
    const digest = await keep(bytes)
    const parts = store.requests.filter((line) => line.startsWith('PUT'))
    expect(parts).toHaveLength(4)
    expect(store.transfers()).toBe(0)
    expect((await load(digest)).equals(bytes)).toBe(true)
  })

  test('sends content that is there already no second time', async () => {
    const bytes = randomBytes(6 * mebibyte)
    await keep(bytes)
    const before = store.requests.filter((line) => line.startsWith('PUT')).length
    await keep(bytes)
    expect(store.requests.filter((line) => line.startsWith('PUT'))).toHaveLength(before)
  })

  test('replaces an object of another size under the name of a blob', async () => {
    const bytes = randomBytes(1000)
    const digest = await keep(bytes)
    store.put(store.keys()[0] ?? '', Buffer.from('cut off'))
    await keep(bytes)
    expect((await load(digest)).equals(bytes)).toBe(true)
  })

  test('tries again what the service fails with', async () => {
    let failures = 3
    store.intercept = ({ method, res }) => {
      if (method !== 'PUT' || failures-- <= 0) return undefined
      res.statusCode = 503
      res.end('<Error><Code>SlowDown</Code><Message>later</Message></Error>')
      return 'done'
    }
    const bytes = randomBytes(11 * mebibyte)
    const digest = await keep(bytes)
    expect((await load(digest)).equals(bytes)).toBe(true)
  })

  test('knows that a commit worked whose answer was lost', async () => {
    const bytes = randomBytes(11 * mebibyte)
    let lost = 0
    store.intercept = ({ method, query, key, res }) => {
      if (method !== 'POST' || !query.has('uploadId')) return undefined
      if (lost++ === 0) store.put(key, bytes)
      res.destroy()
      return 'done'
    }
    expect((await load(await keep(bytes))).equals(bytes)).toBe(true)
    expect(lost).toBeGreaterThan(0)
  })

  test('leaves nothing when the service gives out in the middle of a commit', async () => {
    const bytes = randomBytes(22 * mebibyte)
    let parts = 0
    store.intercept = ({ method, query, res }) => {
      if (method !== 'PUT' || !query.has('partNumber') || parts++ < 2) return undefined
      res.statusCode = 500
      res.end('<Error><Code>InternalError</Code><Message>broken</Message></Error>')
      return 'done'
    }
    const id = await upload(bytes)
    await expect(storage.commit(id, digestOf(bytes))).rejects.toEqual(unavailable('MOOR-STO-035'))
    expect(await storage.uploadSize(id)).toBeUndefined()
    expect(await storage.stat(digestOf(bytes))).toBeUndefined()
    expect([...store.keys(), ...(await filesIn(path))]).toEqual([])
    expect(store.transfers()).toBe(0)
  })

  test('says that the bucket is full', async () => {
    store.intercept = ({ method, res }) => {
      if (method !== 'PUT') return undefined
      res.statusCode = 507
      res.end('<Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>')
      return 'done'
    }
    const bytes = randomBytes(1000)
    const id = await upload(bytes)
    await expect(storage.commit(id, digestOf(bytes))).rejects.toEqual(
      expect.objectContaining({ code: 'storage-full' }),
    )
    expect(await filesIn(path)).toEqual([])
  })

  test('goes on at the byte where an answer was cut', async () => {
    const bytes = randomBytes(3 * mebibyte)
    const digest = await keep(bytes)
    let cuts = 0
    store.intercept = ({ method }) =>
      method === 'GET' && cuts++ < 3 ? { cut: 700_000 } : undefined
    expect((await load(digest)).equals(bytes)).toBe(true)
    expect(cuts).toBe(4)
  })

  test('survives the service being away for a moment in the middle of a pull', async () => {
    const bytes = randomBytes(2 * mebibyte)
    const digest = await keep(bytes)
    let calls = 0
    store.intercept = async ({ method }) => {
      if (method !== 'GET' || calls++ > 0) return undefined
      void store.go().then(() => store.come())
      return Promise.resolve({ cut: 300_000 })
    }
    expect((await load(digest)).equals(bytes)).toBe(true)
  })

  test('gives a pull up when the service stays away', async () => {
    const bytes = randomBytes(2 * mebibyte)
    const digest = await keep(bytes)
    store.intercept = ({ method, res }) => {
      if (method !== 'GET') return undefined
      void store.go()
      res.destroy()
      return 'done'
    }
    await expect(load(digest)).rejects.toEqual(unavailable('MOOR-STO-030'))
  })

  test('holds no more of a blob than a slow reader takes', async () => {
    const digest = await keep(randomBytes(24 * mebibyte))
    const blob = await storage.open(digest)
    const stop = new AbortController()
    let taken = 0
    const slow = new Writable({
      write(piece: Buffer) {
        taken += piece.length
      },
    })
    const before = process.memoryUsage().arrayBuffers
    const sending = blob.sendTo(slow, 0, blob.sizeBytes - 1, stop.signal)
    await until('the first bytes', () => taken > 0 || undefined)
    for (let turn = 0; turn < 200; turn++) await setImmediate()
    expect(taken).toBeLessThan(mebibyte)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * mebibyte)
    stop.abort()
    await expect(sending).rejects.toThrow(expect.objectContaining({ name: 'TransferStopped' }))
    await blob.close()
  })

  test('ends transfers that a crash left behind once they are old', async () => {
    const bytes = randomBytes(11 * mebibyte)
    store.intercept = ({ method, query, res }) => {
      if (method === 'PUT' && query.has('partNumber')) void storage.close()
      if (method === 'DELETE') {
        res.destroy()
        return 'done'
      }
      return undefined
    }
    const id = await upload(bytes)
    await expect(storage.commit(id, digestOf(bytes))).rejects.toThrow()
    expect(store.transfers()).toBe(1)
    store.intercept = undefined
    storage = await openS3Storage({ settings: settingsFor(store, path), clock, logger })
    const dayMs = 24 * 3_600_000
    expect(await storage.sweepTransfers?.(dayMs)).toBe(0)
    now += 2 * dayMs
    expect(await storage.sweepTransfers?.(dayMs)).toBe(1)
    expect(store.transfers()).toBe(0)
  })

  test('writes and finds something when it is checked', async () => {
    await storage.check?.()
    expect(store.object('data/registry/_verify')?.toString()).toBe('testing 123')
    await store.go()
    await expect(storage.check?.()).rejects.toEqual(unavailable('MOOR-STO-030'))
  })

  test('does not talk to a service whose certificate nobody vouches for', async () => {
    const [cert, key] = [join(path, 'tls.crt'), join(path, 'tls.key')]
    const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=s3']
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]
    await promisify(execFile)('openssl', [...request, ...curve, ...names])
    const [certPem, keyPem] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')])
    await using secure = await startObjectStore({ cert: certPem, key: keyPem })
    const settings = settingsFor(secure, path)
    const opening = () => openS3Storage({ settings, clock, logger })
    await expect(opening()).rejects.toThrow('MOOR-STO-034')
    expect(secure.requests).toEqual([])
    const trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, certPem])
    try {
      await (await opening()).close()
    } finally {
      setDefaultCACertificates(trusted)
    }
  })

  const open = (changes: Partial<S3Settings>) =>
    openS3Storage({ settings: { ...settingsFor(store, path), ...changes }, clock, logger })
  const keys = (accessKeyId: string, secret: string) => ({
    credentials: { accessKeyId, secretAccessKey: { reveal: () => secret } },
  })

  test('says at its start what is wrong with the bucket or the keys', async () => {
    await expect(open({ bucket: 'absent' })).rejects.toThrow('MOOR-STO-031')
    await expect(open(keys('stranger', 'x'))).rejects.toThrow('MOOR-STO-032')
    await expect(open(keys(store.accessKey, 'wrong'))).rejects.toThrow('MOOR-STO-032')
    const failure = await open(keys(store.accessKey, 'wrong-secret')).catch(String)
    expect(failure).not.toContain('wrong-secret')
    await store.go()
    await expect(open({})).rejects.toThrow('MOOR-STO-030')
  })
})
