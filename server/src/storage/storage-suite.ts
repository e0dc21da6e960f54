import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { PassThrough, Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ProblemCode } from '../problem.ts'
import { parseDigest, type DigestAlgorithm } from './digest.ts'
import type { BlobStorage } from './storage.ts'

/** One place where a driver keeps its bytes, opened as often as a test likes. */
export interface StoragePlace {
  open(): Promise<BlobStorage>
  /** Names of everything that the place still holds, for the proof that nothing is left. */
  leftovers(): Promise<readonly string[]>
  dispose(): Promise<void>
}

const mebibyte = 1024 * 1024
const never = new AbortController().signal
const unlimited = { limitBytes: Number.MAX_SAFE_INTEGER, signal: never }

export const digestOf = (bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256') =>
  parseDigest(`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`)

const problem = (code: ProblemCode): unknown => expect.objectContaining({ name: 'Problem', code })

/** Arrives in uneven pieces, as from a network. */
function streamOf(bytes: Buffer): Readable {
  let at = 0
  return new Readable({
    read() {
      const piece = bytes.subarray(at, at + 1000 + (at % 70_001))
      at += piece.length
      this.push(piece.length > 0 ? piece : null)
    },
  })
}

/** What every driver must hold to. `leftovers` empty at the end of each test is part of it. */
export function storageSuite(name: string, createPlace: () => Promise<StoragePlace>): void {
  describe(`${name} storage`, () => {
    let place: StoragePlace
    let storage: BlobStorage

    beforeEach(async () => {
      place = await createPlace()
      storage = await place.open()
    })

    afterEach(async () => {
      await storage.close()
      await place.dispose()
    })

    async function upload(bytes: Buffer): Promise<string> {
      const id = randomUUID()
      await storage.createUpload(id)
      if (bytes.length > 0) await storage.append(id, streamOf(bytes), unlimited)
      return id
    }

    async function store(bytes: Buffer, algorithm: DigestAlgorithm = 'sha256') {
      const digest = digestOf(bytes, algorithm)
      await storage.commit(await upload(bytes), digest)
      return digest
    }

    async function load(digest: ReturnType<typeof digestOf>, start = 0, end?: number) {
      const blob = await storage.open(digest)
      const pieces: Buffer[] = []
      const target = new Writable({
        write(piece: Buffer, _encoding, done) {
          pieces.push(Buffer.from(piece))
          setImmediate(done)
        },
      })
      try {
        await blob.sendTo(target, start, end ?? blob.sizeBytes - 1, never)
      } finally {
        await blob.close()
      }
      return Buffer.concat(pieces)
    }

    async function expectNothingLeft() {
      expect(await place.leftovers()).toEqual([])
    }

    test.each([0, 1, 4096, 100_000, 3 * mebibyte + 1])(
      'gives back the %i bytes that were stored',
      async (size) => {
        const bytes = randomBytes(size)
        const digest = await store(bytes)
        expect(await storage.stat(digest)).toBe(size)
        expect((await load(digest)).equals(bytes)).toBe(true)
        await storage.remove(digest)
        expect(await storage.stat(digest)).toBeUndefined()
        await expectNothingLeft()
      },
    )

    test('shows the bytes of an upload while it grows, and after it became a blob', async () => {
      const bytes = randomBytes(300_000)
      const id = randomUUID()
      expect(await storage.openUpload(id)).toBeUndefined()
      await storage.createUpload(id)
      const source = new PassThrough()
      let size = 0
      const written = (sizeBytes: number) => (size = sizeBytes)
      const appending = storage.append(id, source, { ...unlimited, written })
      source.write(bytes.subarray(0, 1000))
      // nobody has to wait for a block to be full
      await vi.waitFor(() => {
        expect(size).toBe(1000)
      })
      const file = await storage.openUpload(id)
      if (file === undefined) throw new Error('the upload is gone')
      const target = Buffer.alloc(bytes.length)
      expect(await file.read(target, 0)).toBe(1000)
      expect(await file.read(target, 1000)).toBe(0)
      source.end(bytes.subarray(1000))
      expect(await appending).toBe(bytes.length)
      expect(size).toBe(bytes.length)
      const digest = digestOf(bytes)
      await storage.commit(id, digest)
      expect(await file.read(target, 0)).toBe(bytes.length)
      expect(target.equals(bytes)).toBe(true)
      await file.close()
      expect(await storage.openUpload(id)).toBeUndefined()
      await storage.remove(digest)
      await expectNothingLeft()
    })

    test('stores content under its sha512 digest', async () => {
      const bytes = randomBytes(mebibyte)
      const digest = await store(bytes, 'sha512')
      expect((await load(digest)).equals(bytes)).toBe(true)
      expect(await storage.stat(digestOf(bytes))).toBeUndefined()
    })

    test('refuses content that does not match its digest and forgets the upload', async () => {
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const claimed = digestOf(Buffer.from('something else'), algorithm)
        const id = await upload(randomBytes(1000))
        await expect(storage.commit(id, claimed)).rejects.toEqual(problem('digest-mismatch'))
        expect(await storage.uploadSize(id)).toBeUndefined()
        expect(await storage.stat(claimed)).toBeUndefined()
      }
      await expectNothingLeft()
    })

    test('knows no blob that was never stored', async () => {
      const digest = digestOf(Buffer.from('absent'))
      expect(await storage.stat(digest)).toBeUndefined()
      await expect(storage.open(digest)).rejects.toEqual(problem('blob-unknown'))
      await storage.remove(digest)
    })

    test('continues an upload over several appends', async () => {
      const bytes = randomBytes(2 * mebibyte)
      const id = await upload(bytes.subarray(0, 700_000))
      expect(await storage.uploadSize(id)).toBe(700_000)
      const rest = streamOf(bytes.subarray(700_000))
      expect(await storage.append(id, rest, unlimited)).toBe(bytes.length)
      expect(await storage.commit(id, digestOf(bytes))).toBe(bytes.length)
      expect((await load(digestOf(bytes))).equals(bytes)).toBe(true)
    })

    test('continues an upload after a restart', async () => {
      const bytes = randomBytes(2 * mebibyte)
      const id = await upload(bytes.subarray(0, mebibyte))
      await storage.close()
      storage = await place.open()
      expect(await storage.uploadSize(id)).toBe(mebibyte)
      await storage.append(id, streamOf(bytes.subarray(mebibyte)), unlimited)
      await storage.commit(id, digestOf(bytes))
      await storage.close()
      storage = await place.open()
      expect((await load(digestOf(bytes))).equals(bytes)).toBe(true)
    })

    test('keeps what arrived before the stream broke', async () => {
      const bytes = randomBytes(900_000)
      const id = await upload(Buffer.alloc(0))
      const source = new PassThrough({ highWaterMark: mebibyte })
      const appending = storage.append(id, source, unlimited)
      source.write(bytes.subarray(0, 600_000), () => source.destroy(new Error('connection lost')))
      await expect(appending).rejects.toThrow('connection lost')
      const size = (await storage.uploadSize(id)) ?? 0
      expect(size).toBeLessThanOrEqual(600_000)
      await storage.append(id, streamOf(bytes.subarray(size)), unlimited)
      await storage.commit(id, digestOf(bytes))
    })

    test('stops an append when told to and keeps what arrived', async () => {
      const id = await upload(Buffer.alloc(0))
      const source = new PassThrough()
      const stop = new AbortController()
      const appending = storage.append(id, source, { ...unlimited, signal: stop.signal })
      source.write(Buffer.alloc(1000))
      await vi.waitFor(() => {
        expect(source.readableLength).toBe(0)
      })
      stop.abort()
      await expect(appending).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
      expect(await storage.uploadSize(id)).toBe(1000)
    })

    test('takes no more than the limit, and nothing of an append that crosses it', async () => {
      const bytes = randomBytes(2 * mebibyte)
      const id = await upload(bytes.subarray(0, 1000))
      const limited = { limitBytes: mebibyte, signal: never }
      await expect(storage.append(id, streamOf(bytes.subarray(1000)), limited)).rejects.toEqual(
        problem('blob-too-large'),
      )
      expect(await storage.uploadSize(id)).toBe(1000)
      const size = await storage.append(id, streamOf(bytes.subarray(1000, mebibyte)), limited)
      expect(size).toBe(mebibyte)
      await storage.commit(id, digestOf(bytes.subarray(0, mebibyte)))
    })

    test('lets one append or commit at a time work on an upload', async () => {
      const bytes = Buffer.from('first')
      const id = await upload(Buffer.alloc(0))
      const source = new PassThrough()
      const appending = storage.append(id, source, unlimited)
      await expect(storage.append(id, streamOf(bytes), unlimited)).rejects.toEqual(
        problem('upload-busy'),
      )
      await expect(storage.commit(id, digestOf(bytes))).rejects.toEqual(problem('upload-busy'))
      source.end(bytes)
      expect(await appending).toBe(bytes.length)
      await storage.commit(id, digestOf(bytes))
    })

    test('knows no upload that was never created, was aborted, or has another name', async () => {
      const aborted = await upload(randomBytes(1000))
      await storage.abort(aborted)
      await storage.abort(aborted)
      for (const id of [aborted, randomUUID(), '../sha256', 'uploads']) {
        expect(await storage.uploadSize(id)).toBeUndefined()
        await storage.abort(id)
        const source = streamOf(Buffer.from('x'))
        await expect(storage.append(id, source, unlimited)).rejects.toEqual(
          problem('upload-unknown'),
        )
        await expect(storage.commit(id, digestOf(Buffer.from('x')))).rejects.toEqual(
          problem('upload-unknown'),
        )
      }
      await expectNothingLeft()
    })

    test('ends a running append when its upload is aborted', async () => {
      const id = await upload(Buffer.alloc(0))
      const source = new PassThrough()
      const appending = storage.append(id, source, unlimited)
      await Promise.all([
        expect(appending).rejects.toThrow(),
        new Promise((resolve) => source.write(Buffer.alloc(100), resolve)).then(() =>
          storage.abort(id),
        ),
      ])
      await expectNothingLeft()
    })

    test('stores the same content from many uploads at once', async () => {
      const bytes = randomBytes(300_000)
      const ids = await Promise.all(Array.from({ length: 8 }, () => upload(bytes)))
      const sizes = await Promise.all(ids.map((id) => storage.commit(id, digestOf(bytes))))
      expect(new Set(sizes)).toEqual(new Set([bytes.length]))
      expect((await load(digestOf(bytes))).equals(bytes)).toBe(true)
      await storage.remove(digestOf(bytes))
      await expectNothingLeft()
    })

    test('verifies content that is already there', async () => {
      const digest = await store(randomBytes(1000))
      const id = await upload(randomBytes(1000))
      await expect(storage.commit(id, digest)).rejects.toEqual(problem('digest-mismatch'))
    })

    test('stores more uploads at once than it has buffers for', async () => {
      const blobs = Array.from({ length: 120 }, () => randomBytes(50_000))
      const slow = blobs.map(() => new PassThrough())
      const ids = await Promise.all(blobs.map(() => upload(Buffer.alloc(0))))
      const appends = ids.map((id, index) =>
        storage.append(id, slow[index] as PassThrough, unlimited),
      )
      for (const [index, bytes] of blobs.entries()) {
        await new Promise((resolve) => slow[index]?.write(bytes.subarray(0, 20_000), resolve))
      }
      for (const [index, bytes] of blobs.entries()) slow[index]?.end(bytes.subarray(20_000))
      await Promise.all(appends)
      await Promise.all(
        ids.map((id, index) => storage.commit(id, digestOf(blobs[index] as Buffer))),
      )
    })

    test('lists uploads that lie about, with the time of their last change', async () => {
      const before = Date.now()
      const id = await upload(randomBytes(10))
      await storage.commit(await upload(randomBytes(10)), digestOf(Buffer.alloc(0))).catch(() => 0)
      const listed = await storage.listUploads()
      expect(listed.map((entry) => entry.id)).toEqual([id])
      expect(Math.abs((listed[0]?.changedAt ?? 0) - before)).toBeLessThan(60_000)
      await storage.abort(id)
      expect(await storage.listUploads()).toEqual([])
    })

    test('sends exactly the range that is asked for', async () => {
      const bytes = randomBytes(2 * mebibyte + 17)
      const digest = await store(bytes)
      const last = bytes.length - 1
      const ranges = [
        [0, 0],
        [last, last],
        [0, last],
        [1, 524_288],
        [524_287, 1_048_576],
        [1_500_000, last],
      ] as const
      for (const [start, end] of ranges) {
        expect((await load(digest, start, end)).equals(bytes.subarray(start, end + 1))).toBe(true)
      }
    })

    test('gives up sending when the receiver is gone or the signal is aborted', async () => {
      const bytes = randomBytes(4 * mebibyte)
      const digest = await store(bytes)
      const endings = [
        (target: Writable) => target.destroy(),
        (target: Writable) => target.destroy(new Error('reset')),
        (_: Writable, stop: AbortController) => {
          stop.abort()
        },
      ]
      for (const end of endings) {
        const blob = await storage.open(digest)
        const stop = new AbortController()
        const stuck = new Writable({
          write() {
            end(stuck, stop)
          },
        })
        stuck.on('error', () => undefined)
        await expect(blob.sendTo(stuck, 0, bytes.length - 1, stop.signal)).rejects.toEqual(
          expect.objectContaining({ name: 'TransferStopped' }),
        )
        await expect(blob.sendTo(stuck, 0, 10, stop.signal)).rejects.toEqual(
          expect.objectContaining({ name: 'TransferStopped' }),
        )
        await blob.close()
      }
      expect((await load(digest)).equals(bytes)).toBe(true)
    })

    test('goes on sending a blob that is removed meanwhile', async () => {
      const bytes = randomBytes(mebibyte)
      const digest = await store(bytes)
      const blob = await storage.open(digest)
      await storage.remove(digest)
      let received = 0
      const target = new Writable({
        write(piece: Buffer, _encoding, done) {
          received += piece.length
          done()
        },
      })
      await blob.sendTo(target, 0, bytes.length - 1, never)
      await blob.close()
      expect(received).toBe(bytes.length)
    })

    test('tells how much room there is', async () => {
      const { freeBytes, totalBytes } = await storage.space()
      expect(freeBytes).toBeGreaterThan(0)
      expect(totalBytes).toBeGreaterThanOrEqual(freeBytes)
    })

    test('ends running appends when closed', async () => {
      const id = await upload(Buffer.alloc(0))
      const appending = storage.append(id, new PassThrough(), unlimited)
      await Promise.all([expect(appending).rejects.toThrow(), storage.close()])
      storage = await place.open()
      await storage.abort(id)
      await expectNothingLeft()
    })
  })
}
