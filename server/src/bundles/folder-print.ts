import { createHash } from 'node:crypto'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDigest, type Digest } from '../storage/digest.ts'
import { isLeftBySystem } from './bundle-names.ts'
import { compareText } from './canonical-json.ts'

const beginningBytes = 4096

/**
 * What stands in a folder, so far as somebody's change of it shows: names, lengths, where links lead
 * and how each file begins. What systems leave at its top is passed over.
 */
export async function printFolder(root: string, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  const note = (...facts: readonly (string | number)[]) => {
    hash.update(`${JSON.stringify(facts)}\n`)
  }
  const visit = async (folder: string) => {
    const entries = await readdir(join(root, folder), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => compareText(a.name, b.name))) {
      signal?.throwIfAborted()
      if (folder === '' && isLeftBySystem(entry.name)) continue
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      const path = join(root, name)
      if (entry.isDirectory()) {
        note('folder', name)
        await visit(name)
      } else if (entry.isFile()) {
        note('file', name, (await lstat(path)).size, await beginningOf(path))
      } else {
        note(entry.isSymbolicLink() ? await readlink(path) : 'other', name)
      }
    }
  }
  await visit('')
  return parseDigest(`sha256:${hash.digest('hex')}`)
}

async function beginningOf(path: string): Promise<string> {
  const handle = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(beginningBytes)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('hex')
  } finally {
    await handle.close()
  }
}
