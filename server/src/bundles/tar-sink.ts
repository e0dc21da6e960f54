import { constants } from 'node:fs'
import { lstat, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BundleFault } from './bundle-fault.ts'
import type { ReadableBytes, WritableBytes } from './byte-file.ts'
import { fillFile, writeFully, type PlannedFile } from './fill-file.ts'
import { onMedium, syncFolder } from './medium.ts'
import { paddedBytes, tarBlock, tarHeader } from './tar-header.ts'
import type { SinkOptions, VolumeSink } from './volume-sink.ts'

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants

/** Where the bytes of a tar go. */
export interface TarTarget extends ReadableBytes, WritableBytes {
  /** Of the tar, what an earlier run left. */
  readonly existing: number
  sync(): Promise<void>
  /** All of it is written, as far as `position`. */
  finish(position: number): Promise<void>
  close(): Promise<void>
}

/**
 * A volume as one tar. The order and length of everything is known beforehand, so a later run finds
 * each file at its place; it hashes what is there and goes on behind it.
 */
export function tarSink(
  path: string,
  target: TarTarget,
  { createdAt, ...options }: SinkOptions & { readonly createdAt: number },
): VolumeSink {
  const { existing } = target
  let position = 0

  const write = async (bytes: Buffer) => {
    if (position + bytes.length > existing || !(await holds(bytes))) {
      await writeFully(target, bytes, position)
    }
    position += bytes.length
  }
  const holds = async (bytes: Buffer) => {
    const there = Buffer.alloc(bytes.length)
    await target.read(there, 0, there.length, position)
    return there.equals(bytes)
  }
  const put = async (file: PlannedFile) => {
    await onMedium(file.name, async () => {
      await write(tarHeader(file.name, file.sizeBytes, createdAt))
      const found = Math.max(0, Math.min(existing - position, file.sizeBytes))
      await fillFile(target, position, file, found, options)
      position += file.sizeBytes
      await write(Buffer.alloc(paddedBytes(file.sizeBytes) - file.sizeBytes))
    })
  }
  return {
    path,
    put,
    link(name) {
      throw new BundleFault('plan-invalid', 'A tar has no links.', { file: name })
    },
    flush: () => target.sync(),
    async finish(last) {
      await put(last)
      await onMedium(path, async () => {
        await write(Buffer.alloc(2 * tarBlock))
        await target.finish(position)
      })
    },
    close: () => target.close(),
  }
}

/** A file as it is. */
export async function plainTarget(path: string): Promise<TarTarget> {
  const growing = `${path}.writing`
  const isWhole = await isFile(path)
  const handle = await open(isWhole ? path : growing, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
  let isOpen = true
  const close = async () => {
    if (isOpen) await handle.close()
    isOpen = false
  }
  return {
    existing: (await handle.stat()).size,
    read: (...place) => handle.read(...place),
    write: (...place) => handle.write(...place),
    sync: () => handle.sync(),
    async finish(position) {
      await handle.truncate(position)
      await handle.sync()
      await close()
      if (!isWhole) await rename(growing, path)
      await syncFolder(dirname(path))
    },
    close,
  }
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
