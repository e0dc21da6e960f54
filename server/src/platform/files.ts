import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'

/**
 * Writes a small file so that a power cut leaves the old content or the new, never a part: a
 * neighbour is written and flushed, renamed over the target, and the directory flushed.
 */
export async function writeFileDurably(
  file: string,
  content: string | Buffer,
  mode: number,
): Promise<void> {
  const neighbour = `${file}.part`
  try {
    const handle = await open(neighbour, 'w', mode)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(neighbour, file)
  } catch (error) {
    await rm(neighbour, { force: true })
    throw error
  }
  await syncDirectory(path.dirname(file))
}

/** Flushes a directory, so that names made or renamed in it survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
