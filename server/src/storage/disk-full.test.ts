import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, rmdir, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Clock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { openDiskStorage } from './disk-storage.ts'
import type { BlobStorage } from './storage.ts'
import { digestOf } from './storage-suite.ts'

const run = promisify(execFile)
const mebibyte = 1024 * 1024
const options = { limitBytes: Number.MAX_SAFE_INTEGER, signal: new AbortController().signal }
const full = expect.objectContaining({ name: 'Problem', code: 'storage-full' }) as unknown

/** Stands still, so that what is known of the free space does not renew itself. */
let now = 0
const clock: Clock = { now: () => now }

let path: string
let storage: BlobStorage
let skipped: string | undefined

beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'mooring-full-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', path])
  } catch (error) {
    skipped = `a small file system cannot be mounted here: ${(error as Error).message.trim()}`
    process.stderr.write(`${skipped}\n`)
    return
  }
  storage = await openDiskStorage({ path, clock, logger: createLogger('silent') })
})

afterAll(async () => {
  if (skipped === undefined) {
    await storage.close()
    await run('umount', [path])
  }
  await rmdir(path)
})

const pieces = (bytes: Buffer) => Readable.from(cut(bytes), { objectMode: false })

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

const leftovers = async () =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)

test('an append that fills the medium leaves nothing of itself, and works when there is room', async (context) => {
  context.skip(skipped !== undefined, skipped)
  const bytes = randomBytes(20 * mebibyte)
  const id = randomUUID()
  const filler = join(path, 'filler')
  await storage.createUpload(id)
  const start = bytes.subarray(0, 1000)
  await storage.append(id, pieces(start), options)
  await writeFile(filler, randomBytes(20 * mebibyte))
  await expect(storage.append(id, pieces(bytes.subarray(1000)), options)).rejects.toEqual(full)
  expect(await storage.uploadSize(id)).toBe(1000)
  await rm(filler)
  expect(await storage.append(id, pieces(bytes.subarray(1000)), options)).toBe(bytes.length)
  expect(await storage.commit(id, digestOf(bytes))).toBe(bytes.length)
  await storage.remove(digestOf(bytes))
  expect(await leftovers()).toEqual([])
})

test('leaves a reserve for the database beside it', async (context) => {
  context.skip(skipped !== undefined, skipped)
  const id = randomUUID()
  await storage.createUpload(id)
  const filler = join(path, 'filler')
  await writeFile(filler, Buffer.alloc(32 * mebibyte - 500_000))
  now += 1000
  await expect(storage.append(id, pieces(Buffer.alloc(10)), options)).rejects.toEqual(full)
  await expect(storage.createUpload(randomUUID())).rejects.toEqual(full)
  await truncate(filler, 0)
  // at the same moment: nobody is refused by an old look at the medium
  await storage.append(id, pieces(Buffer.alloc(10)), options)
  await storage.abort(id)
  await rm(filler)
  expect(await leftovers()).toEqual([])
})
