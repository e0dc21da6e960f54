import { constants } from 'node:fs'
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'

const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants

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
    const handle = await open(neighbour, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode)
    try {
      await giveToOwnerOf(path.dirname(file), handle)
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

/** What root writes on the data of a service has to stay readable to the account of the service. */
async function giveToOwnerOf(directory: string, handle: FileHandle): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(directory)
  if (uid !== 0) await handle.chown(uid, gid)
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
