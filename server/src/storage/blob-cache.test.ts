import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { cacheSmallBlobs } from './blob-cache.ts'
import type { Digest } from './digest.ts'
import { blobPath } from './disk-layout.ts'
import { openDiskStorage } from './disk-storage.ts'
import type { BlobStorage } from './storage.ts'
import { digestOf, storageSuite } from './storage-suite.ts'

const logger = createLogger('silent')
const limits = { totalBytes: 400_000, blobBytes: 100_000 }
const signal = new AbortController().signal

async function openCached(path: string): Promise<BlobStorage> {
  return cacheSmallBlobs(await openDiskStorage({ path, clock: systemClock, logger }), limits)
}

const newFolder = () => mkdtemp(join(tmpdir(), 'mooring-cache-'))

storageSuite('cached disk', async () => {
  const path = await newFolder()
  return {
    open: () => openCached(path),
    async leftovers() {
      const entries = await readdir(path, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
    },
    dispose: () => rm(path, { recursive: true }),
  }
})

describe('the cache of small blobs', () => {
  let path: string
  let storage: BlobStorage

  beforeEach(async () => {
    path = await newFolder()
    storage = await openCached(path)
  })

  afterEach(async () => {
    await storage.close()
    await rm(path, { recursive: true })
  })

  async function store(bytes: Buffer): Promise<Digest> {
    const id = randomUUID()
    await storage.createUpload(id)
    await storage.append(id, Readable.from([bytes]), { limitBytes: bytes.length, signal })
    await storage.commit(id, digestOf(bytes))
    return digestOf(bytes)
  }

  async function load(digest: Digest): Promise<Buffer> {
    const blob = await storage.open(digest)
    const pieces: Buffer[] = []
    const target = new Writable({
      write(piece: Buffer, _encoding, done) {
        pieces.push(Buffer.from(piece))
        done()
      },
    })
    await blob.sendTo(target, 0, blob.sizeBytes - 1, signal)
    await blob.close()
    return Buffer.concat(pieces)
  }

  const wipe = (digest: Digest) => truncate(blobPath(path, digest), 0)

  test('answers from memory once a small blob was read', async () => {
    const bytes = randomBytes(5000)
    const digest = await store(bytes)
    await load(digest)
    await wipe(digest)
    expect((await load(digest)).equals(bytes)).toBe(true)
    expect(await storage.stat(digest)).toBe(5000)
  })

  test('does not keep large blobs, nor more than its share', async () => {
    const large = await store(randomBytes(100_001))
    await load(large)
    await wipe(large)
    expect(await load(large)).toHaveLength(0)
    const first = await store(randomBytes(90_000))
    await load(first)
    for (let count = 0; count < 4; count += 1) await load(await store(randomBytes(90_000)))
    await wipe(first)
    expect(await load(first)).toHaveLength(0)
  })

  test('forgets a blob that is removed', async () => {
    const digest = await store(randomBytes(5000))
    await load(digest)
    await storage.remove(digest)
    expect(await storage.stat(digest)).toBeUndefined()
    await expect(storage.open(digest)).rejects.toEqual(
      expect.objectContaining({ code: 'blob-unknown' }),
    )
  })

  test('does not keep content that was damaged on the medium', async () => {
    const bytes = randomBytes(5000)
    const digest = await store(bytes)
    await writeFile(blobPath(path, digest), randomBytes(5000))
    await load(digest)
    await writeFile(blobPath(path, digest), bytes)
    expect((await load(digest)).equals(bytes)).toBe(true)
  })
})
