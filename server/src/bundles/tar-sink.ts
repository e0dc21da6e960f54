import { constants } from 'node:fs'
import { lstat, mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BundleFault } from './bundle-fault.ts'
import { fillFile, type PlannedFile } from './fill-file.ts'
import { onMedium, syncFolder } from './medium.ts'
import { paddedBytes, tarBlock, tarHeader } from './tar-header.ts'
import type { SinkOptions, VolumeSink } from './volume-sink.ts'

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants

/**
 * A volume as one tar. The order and length of everything is known beforehand, so a later run finds
 * each file at its place; it hashes what is there and goes on behind it.
 */
export async function tarSink(
  path: string,
  { createdAt, ...options }: SinkOptions & { readonly createdAt: number },
): Promise<VolumeSink> {
  await mkdir(dirname(path), { recursive: true })
  const growing = `${path}.writing`
  const isWhole = await isFile(path)
  const handle = await open(isWhole ? path : growing, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644)
  const { size: existing } = await handle.stat()
  let position = 0

  const write = async (bytes: Buffer) => {
    if (position + bytes.length > existing || !(await holds(bytes))) {
      await handle.write(bytes, 0, bytes.length, position)
    }
    position += bytes.length
  }
  const holds = async (bytes: Buffer) => {
    const there = Buffer.alloc(bytes.length)
    await handle.read(there, 0, there.length, position)
    return there.equals(bytes)
  }
  const put = async (file: PlannedFile) => {
    await onMedium(file.name, async () => {
      await write(tarHeader(file.name, file.sizeBytes, createdAt))
      const found = Math.max(0, Math.min(existing - position, file.sizeBytes))
      await fillFile(handle, position, file, found, options)
      position += file.sizeBytes
      await write(Buffer.alloc(paddedBytes(file.sizeBytes) - file.sizeBytes))
    })
  }
  let isOpen = true
  const close = async () => {
    if (isOpen) await handle.close()
    isOpen = false
  }
  return {
    path,
    put,
    link(name) {
      throw new BundleFault('plan-invalid', 'A tar has no links.', { file: name })
    },
    flush: () => handle.sync(),
    async finish(last) {
      await put(last)
      await onMedium(path, async () => {
        await write(Buffer.alloc(2 * tarBlock))
        await handle.truncate(position)
        await handle.sync()
      })
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
