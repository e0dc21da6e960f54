import { mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { algorithms, blobPrefixes, uploadsFolder } from './disk-layout.ts'

/**
 * Creates what is missing of the folders and flushes them, so that a later rename into one of them
 * needs to flush only that one. Costs a few reads when everything is there.
 */
export async function prepareFolders(root: string): Promise<void> {
  const highestCreated = await mkdir(root, { recursive: true, mode: 0o700 })
  await mkdir(uploadsFolder(root), { recursive: true, mode: 0o700 })
  for (const algorithm of algorithms) {
    const folder = join(root, algorithm)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const present = new Set(await readdir(folder))
    const missing = blobPrefixes.filter((prefix) => !present.has(prefix))
    await Promise.all(missing.map((prefix) => mkdir(join(folder, prefix), { mode: 0o700 })))
    await flushFolder(folder)
  }
  await flushFolder(root)
  if (highestCreated === undefined) return
  for (let folder = root; folder !== dirname(highestCreated);) {
    folder = dirname(folder)
    await flushFolder(folder)
  }
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
