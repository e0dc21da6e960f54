import { opendir, stat } from 'node:fs/promises'
import path from 'node:path'

const mostFiles = 100_000

/** What the files of a folder take; a lower bound for very many. Zero where there is none. */
export async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  let files = 0
  try {
    for await (const entry of await opendir(folder, { recursive: true })) {
      if (!entry.isFile()) continue
      if (++files > mostFiles) break
      bytes += await fileBytes(path.join(entry.parentPath, entry.name))
    }
  } catch {
    // Not there, not readable, or going away while it is looked at.
  }
  return bytes
}

export async function fileBytes(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  )
}
