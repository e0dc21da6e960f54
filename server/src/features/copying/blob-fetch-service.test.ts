import { randomBytes } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../../../test/support/until.ts'
import { describeDatabases, describePostgresql, sqliteOpener } from '../../db/database-suite.ts'
import type { ProblemCode } from '../../problem.ts'
import { digestOf, type Blob } from '../gc/gc-world-suite.ts'
import type { BlobFetch } from './blob-fetch.ts'
import {
  createCopyingWorld,
  heldSource,
  linkLifeMs,
  never,
  type CopyingWorld,
} from './copying-world-suite.ts'
import { sweepBlobFetches } from './sweep-blob-fetches.ts'

const problem = (code: ProblemCode): unknown => expect.objectContaining({ name: 'Problem', code })
const fault = (reason: string): unknown => expect.objectContaining({ name: 'CopyFault', reason })

function randomBlob(sizeBytes: number): Blob {
  const bytes = randomBytes(sizeBytes)
  return { bytes, digest: digestOf(bytes) }
}

const largeBytes = 3 << 20
const half = largeBytes / 2
let large: Blob
beforeEach(() => {
  large = randomBlob(largeBytes)
})

function collector() {
  const pieces: Buffer[] = []
  const target = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(Buffer.from(piece))
      done()
    },
  })
  return { target, bytes: () => Buffer.concat(pieces) }
}

describeDatabases('fetching a blob', (open) => {
  let world: CopyingWorld
  beforeAll(async () => {
    world = await createCopyingWorld(await open())
  })
  afterAll(() => world.close())

  const wanted = (blob: Blob, more: Partial<BlobFetch> = {}): BlobFetch => ({
    digest: blob.digest,
    sizeBytes: blob.bytes.length,
    repositoryId: world.repositoryId,
    source: 'upstream.example',
    open: (from) => Readable.from([blob.bytes.subarray(from)]),
    signal: never,
    ...more,
  })

  test('makes it durable, verified and visible in the repository', async () => {
    const blob = randomBlob(100_000)
    expect(await world.fetches.fetch(wanted(blob))).toBe('fetched')
    expect(world.read(blob.digest).equals(blob.bytes)).toBe(true)
    expect(await world.isVisible(blob.digest, world.repositoryId)).toBe(true)
    expect(await world.isVisible(blob.digest, world.otherId)).toBe(false)
    world.advance(linkLifeMs + 1)
    expect(await world.isVisible(blob.digest, world.repositoryId)).toBe(false)
  })

  test('transfers a digest once, however many want it', async () => {
    const source = heldSource()
    const fetching = [world.repositoryId, world.otherId, world.repositoryId].map((repositoryId) =>
      world.fetches.fetch(wanted(large, { open: source.open, repositoryId })),
    )
    const stream = await until('the transfer', () => source.stream())
    stream.end(large.bytes)
    expect(await Promise.all(fetching)).toEqual(['fetched', 'present', 'present'])
    expect(source.asked).toEqual([0])
    expect(await world.isVisible(large.digest, world.otherId)).toBe(true)
    expect(await world.rememberedFetches()).toEqual([])
  })

  test('only links what is here, and fetches what has gone from the storage', async () => {
    const blob = randomBlob(1000)
    await world.upload(blob, world.otherId)
    const source = heldSource()
    const request = wanted(blob, { open: source.open })
    expect(await world.fetches.fetch(request)).toBe('present')
    expect(await world.isVisible(blob.digest, world.repositoryId)).toBe(true)
    expect(source.asked).toEqual([])
    await world.storage.remove(blob.digest)
    expect(await world.fetches.fetch(wanted(blob))).toBe('fetched')
    expect(world.read(blob.digest).equals(blob.bytes)).toBe(true)
  })

  test('goes on for the others when one of them leaves', async () => {
    const source = heldSource()
    const leaving = new AbortController()
    const left = world.fetches.fetch(wanted(large, { open: source.open, signal: leaving.signal }))
    const stays = world.fetches.fetch(wanted(large, { open: source.open }))
    const stream = await until('the transfer', () => source.stream())
    stream.write(large.bytes.subarray(0, half))
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    stream.end(large.bytes.subarray(half))
    await stays
    expect(source.asked).toEqual([0])
  })

  test('ends with the last caller, and goes on later from where it was', async () => {
    const source = heldSource()
    const leaving = new AbortController()
    const left = world.fetches.fetch(wanted(large, { open: source.open, signal: leaving.signal }))
    const stream = await until('the transfer', () => source.stream())
    stream.write(large.bytes.subarray(0, half))
    await untilKept(half)
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    await until('the transfer to end', () => stream.destroyed || undefined)

    const later = heldSource()
    const fetching = world.fetches.fetch(wanted(large, { open: later.open }))
    const rest = await until('the transfer', () => later.stream())
    rest.end(large.bytes.subarray(half))
    await fetching
    expect(later.asked).toEqual([half])
    expect(world.read(large.digest).equals(large.bytes)).toBe(true)
  })

  test('goes on after a restart, with bytes that are still hashed', async () => {
    const broken = heldSource()
    const breaking = world.fetches.fetch(wanted(large, { open: broken.open }))
    const stream = await until('the transfer', () => broken.stream())
    stream.write(large.bytes.subarray(0, half))
    await untilKept(half)
    stream.destroy(new Error('the link is down'))
    await expect(breaking).rejects.toThrow('the link is down')

    // A process that died gives no sign of life.
    world.advance(60_000)
    const { fetches } = await world.restarted()
    const later = heldSource()
    let received = 0
    const request = wanted(large, { open: later.open, received: (bytes) => (received += bytes) })
    const fetching = fetches.fetch(request)
    const rest = await until('the transfer', () => later.stream())
    rest.end(large.bytes.subarray(half))
    expect(await fetching).toBe('fetched')
    expect(later.asked).toEqual([half])
    expect(received).toBe(half)
    expect(world.read(large.digest).equals(large.bytes)).toBe(true)
  })

  test('throws wrong content away, and asks once more from nothing', async () => {
    const asked: number[] = []
    const wrongOnce = (from: number) => {
      asked.push(from)
      const bytes = Buffer.from(large.bytes)
      if (asked.length === 1) bytes[7] = (bytes[7] ?? 0) ^ 1
      return Readable.from([bytes.subarray(from)])
    }
    expect(await world.fetches.fetch(wanted(large, { open: wrongOnce }))).toBe('fetched')
    expect(asked).toEqual([0, 0])
    expect(world.read(large.digest).equals(large.bytes)).toBe(true)
  })

  test.each([
    ['other bytes', largeBytes, 'digest-mismatch'],
    ['too few bytes', largeBytes - 1, 'size-mismatch'],
    ['too many bytes', largeBytes + 1, 'size-mismatch'],
  ])('says so when %s come twice, and keeps nothing', async (_what, count, reason) => {
    const bytes = Buffer.alloc(count)
    const request = wanted(large, { open: () => Readable.from([bytes]) })
    await expect(world.fetches.fetch(request)).rejects.toEqual(fault(reason))
    expect(await world.storage.stat(large.digest)).toBeUndefined()
    expect(await world.storage.listUploads()).toEqual([])
    expect(await world.rememberedFetches()).toEqual([])
    expect(await world.db.selectFrom('blobupload').selectAll().execute()).toEqual([])
  })

  test('fails for all who asked the same source, but tries another one', async () => {
    const failing = heldSource()
    const from = (source: string, open: BlobFetch['open']) =>
      world.fetches.fetch(wanted(large, { source, open }))
    const first = from('a.example', failing.open)
    const second = from('a.example', failing.open)
    const third = from('b.example', () => Readable.from([large.bytes]))
    const stream = await until('the transfer', () => failing.stream())
    stream.destroy(new Error('no such blob'))
    await expect(first).rejects.toThrow('no such blob')
    await expect(second).rejects.toThrow('no such blob')
    expect(await third).toBe('fetched')
    expect(failing.asked).toEqual([0])
  })

  test('needs a repository that is there, and leaves no link without one', async () => {
    const repositoryId = await world.addRepository('gone')
    await world.deleteRepository('acme/gone')
    const request = wanted(large, { repositoryId })
    await expect(world.fetches.fetch(request)).rejects.toEqual(problem('repository-unknown'))
    expect(await world.fetches.fetch(wanted(large))).toBe('fetched')
  })

  test('goes on for the others when the repository that came first is deleted', async () => {
    const repositoryId = await world.addRepository('going')
    const source = heldSource()
    const first = world.fetches.fetch(wanted(large, { open: source.open, repositoryId }))
    const second = world.fetches.fetch(wanted(large, { open: source.open }))
    const stream = await until('the transfer', () => source.stream())
    await world.deleteRepository('acme/going')
    stream.end(large.bytes)
    await expect(first).rejects.toEqual(problem('repository-unknown'))
    expect(await second).toBe('fetched')
    expect(source.asked).toEqual([0])
  })

  test('gives up kept bytes that nobody went on with', async () => {
    const broken = heldSource()
    const breaking = world.fetches.fetch(wanted(large, { open: broken.open }))
    const stream = await until('the transfer', () => broken.stream())
    stream.write(large.bytes.subarray(0, half))
    await untilKept(half)
    const { fetches, storage, clock, log, db } = world
    const lifeMs = 1_000_000
    const sweep = sweepBlobFetches({ db, storage, fetches, clock, lifeMs, log })
    world.advance(lifeMs + 1)
    await sweep()
    expect(await world.rememberedFetches()).toHaveLength(1)
    stream.destroy(new Error('the link is down'))
    await expect(breaking).rejects.toThrow('the link is down')
    world.advance(lifeMs + 1)
    await sweep()
    expect(await world.rememberedFetches()).toEqual([])
    expect(await storage.listUploads()).toEqual([])
  })

  async function untilKept(bytes: number) {
    await until('the bytes to be written', async () => {
      const [upload] = await world.storage.listUploads()
      const size = upload && (await world.storage.uploadSize(upload.id))
      return size === bytes || undefined
    })
  }
})

describePostgresql('a blob that two servers want', (open) => {
  let world: CopyingWorld
  beforeAll(async () => {
    world = await createCopyingWorld(await open())
  })
  afterAll(() => world.close())

  test('is waited for while the other one gives signs of life, and else taken over', async () => {
    const [mine, others] = [heldSource(), heldSource()]
    const wanted = (open: BlobFetch['open']): BlobFetch => ({
      ...{ digest: large.digest, sizeBytes: large.bytes.length, signal: never, open },
      ...{ repositoryId: world.repositoryId, source: 'upstream.example' },
    })
    const { fetches } = await world.restarted()
    const first = world.fetches.fetch(wanted(mine.open))
    const stream = await until('the transfer', () => mine.stream())
    const second = fetches.fetch(wanted(others.open))
    stream.end(large.bytes)
    expect(await first).toBe('fetched')
    await second
    expect(others.asked).toEqual([])

    large = randomBlob(largeBytes)
    const silent = world.fetches.fetch(wanted(mine.open))
    const silentStream = await until('the transfer', () => mine.stream(2))
    world.advance(60_000)
    const third = fetches.fetch(wanted(others.open))
    const taken = await until('the transfer to be taken over', () => others.stream())
    taken.end(large.bytes)
    expect(await third).toBe('fetched')
    silentStream.destroy(new Error('it was paused'))
    await expect(silent).rejects.toThrow('it was paused')
  })
})

describe('a blob on its way', () => {
  const openDatabase = sqliteOpener()
  let world: CopyingWorld
  beforeAll(async () => {
    world = await createCopyingWorld(await openDatabase(), { maximumLayerBytes: 4 << 20 })
  })
  afterAll(() => world.close())

  function startFetch(blob: Blob = large) {
    const source = heldSource()
    const fetching = world.fetches.fetch({
      digest: blob.digest,
      sizeBytes: blob.bytes.length,
      repositoryId: world.repositoryId,
      source: 'upstream.example',
      open: source.open,
      signal: never,
    })
    fetching.catch(() => undefined)
    return { fetching, source, followed: world.fetches.follow(blob.digest) }
  }

  const last = largeBytes - 1

  test('is read along as it comes, but its last byte waits until all are verified', async () => {
    const { fetching, source, followed } = startFetch()
    const whole = collector()
    const range = collector()
    const sending = Promise.all([
      followed?.sendTo(whole.target, 0, last, never),
      followed?.sendTo(range.target, 1000, 1999, never),
    ])
    const stream = await until('the transfer', () => source.stream())
    stream.write(large.bytes.subarray(0, half))
    await until('the first half', () => whole.bytes().length === half || undefined)
    expect(range.bytes()).toHaveLength(999)
    stream.write(large.bytes.subarray(half))
    await until('all but one byte', () => whole.bytes().length === last || undefined)
    stream.end()
    await fetching
    await sending
    expect(whole.bytes().equals(large.bytes)).toBe(true)
    expect(range.bytes().equals(large.bytes.subarray(1000, 2000))).toBe(true)
  })

  test('fails its readers when its content is wrong, before they have all of it', async () => {
    const { source, followed } = startFetch()
    const reader = collector()
    const sending = followed?.sendTo(reader.target, 0, last, never)
    const stream = await until('the transfer', () => source.stream())
    stream.end(Buffer.alloc(large.bytes.length))
    await expect(sending).rejects.toEqual(fault('digest-mismatch'))
    expect(reader.bytes().length).toBeLessThan(large.bytes.length)
    const again = await until('the second attempt', () => source.stream(2))
    again.end(large.bytes)
  })

  test('lets go of a reader that leaves, and of all when it is broken off', async () => {
    const { source, followed } = startFetch()
    const leaving = new AbortController()
    const left = followed?.sendTo(collector().target, 0, last, leaving.signal)
    const stays = followed?.sendTo(collector().target, 0, last, never)
    const stream = await until('the transfer', () => source.stream())
    leaving.abort()
    await expect(left).rejects.toMatchObject({ name: 'TransferStopped' })
    stream.destroy(new Error('the link is down'))
    await expect(stays).rejects.toThrow('the link is down')
    await until('the fetch to end', () =>
      world.fetches.follow(large.digest) === undefined ? true : undefined,
    )
  })

  test('is followed from the first moment on, also when it turns out to be here', async () => {
    const blob = randomBlob(1000)
    await world.upload(blob, world.otherId)
    const { followed } = startFetch(blob)
    const reader = collector()
    await followed?.sendTo(reader.target, 0, 999, never)
    expect(reader.bytes().equals(blob.bytes)).toBe(true)
  })

  test('is refused when it is larger than layers may be', async () => {
    const { fetching } = startFetch(randomBlob((4 << 20) + 1))
    await expect(fetching).rejects.toEqual(problem('blob-too-large'))
  })

  test('of no bytes needs no transfer', async () => {
    const { fetching, source } = startFetch(randomBlob(0))
    expect(await fetching).toBe('fetched')
    expect(source.asked).toEqual([])
  })
})
