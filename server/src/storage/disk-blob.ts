import { close, fstat, open, read } from 'node:fs'
import { promisify } from 'node:util'
import type { Writable } from 'node:stream'
import { Problem } from '../problem.ts'
import type { Digest } from './digest.ts'
import { blobPath } from './disk-layout.ts'
import { pacedWriter } from './paced-writer.ts'
import type { ReadPool } from './read-pool.ts'
import type { BlobFile } from './storage.ts'

const openFile = promisify(open)
const closeFile = promisify(close)
const statFile = promisify(fstat)

interface Options {
  readonly root: string
  readonly pool: ReadPool
}

export async function openDiskBlob(digest: Digest, { root, pool }: Options): Promise<BlobFile> {
  const fd = await openFile(blobPath(root, digest), 'r').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new Problem('blob-unknown', { digest }, { cause })
  })
  const { size } = await statFile(fd).catch(async (error: unknown) => {
    await closeFile(fd)
    throw error
  })
  let sending: Promise<void> | undefined
  let closed: Promise<void> | undefined

  return {
    sizeBytes: size,
    sendTo(target, start, end, signal) {
      sending = send(fd, pool, target, start, end, signal)
      return sending
    },
    close() {
      // a read that is underway must not meet the next file that gets this number
      closed ??= (sending ?? Promise.resolve()).catch(() => undefined).then(() => closeFile(fd))
      return closed
    },
  }
}

/** Two buffers take turns: one is being written while the next bytes are read into the other. */
async function send(
  fd: number,
  pool: ReadPool,
  target: Writable,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<void> {
  if (end < start) return
  const writer = pacedWriter(target, signal)
  let buffer = pool.take()
  let other = pool.take()
  let othersWrite: Promise<void> = Promise.resolve()
  let clean = false
  try {
    for (let at = start; at <= end;) {
      const count = await readInto(fd, buffer, at, Math.min(buffer.length, end + 1 - at))
      writer.check()
      const write = writer.write(count === buffer.length ? buffer : buffer.subarray(0, count))
      at += count
      await othersWrite
      writer.check()
      const written = buffer
      buffer = other
      other = written
      othersWrite = write
    }
    await othersWrite
    writer.check()
    clean = true
  } finally {
    writer.release()
    for (const block of [buffer, other]) {
      if (clean) pool.give(block)
      else pool.forget(block)
    }
  }
}

function readInto(fd: number, buffer: Buffer, at: number, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, length, at, (error, count) => {
      if (error) reject(error)
      else if (count === 0) reject(new Error('the blob is shorter than it was when opened'))
      else resolve(count)
    })
  })
}
