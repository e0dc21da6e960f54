import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { syncDirectory } from '../platform/files.ts'
import type { Random } from '../platform/random.ts'
import { isMissing, type BackupTarget } from './backup-target.ts'

/** Files that are still being written; never listed. */
const partial = 'partial'

/** A folder on this machine, an attached drive or a network file system. Only its owner may look in. */
export function directoryTarget(root: string, random: Random): BackupTarget {
  const at = (name: string) => path.join(root, name)
  const known = new Set<string>()

  /** Makes a folder, and its name durable, once. */
  async function ensureFolder(folder: string): Promise<void> {
    if (known.has(folder)) return
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (first !== undefined) {
      for (let made = folder; ; made = path.dirname(made)) {
        await syncDirectory(path.dirname(made))
        if (made === first) break
      }
    }
    known.add(folder)
  }

  async function* walk(folder: string): AsyncGenerator<readonly [string, number]> {
    const entries = await readdir(at(folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    for (const entry of entries) {
      const name = `${folder}/${entry.name}`
      if (entry.isDirectory()) yield* walk(name)
      else if (entry.isFile()) yield [name, (await stat(at(name))).size]
    }
  }

  return {
    title: root,

    async prepare() {
      await ensureFolder(root)
      await ensureFolder(at(partial))
    },

    async list(folder) {
      const found = new Map<string, number>()
      for await (const [name, size] of walk(folder)) found.set(name, size)
      return found
    },

    async size(name) {
      return stat(at(name)).then(
        (found) => found.size,
        (error: unknown) => {
          if (isMissing(error)) return undefined
          throw error
        },
      )
    },

    async read(name) {
      const handle = await open(at(name), 'r')
      return createReadStream('', { fd: handle, highWaterMark: 1024 * 1024 })
    },

    async write(name, source, { signal }) {
      const file = at(name)
      const part = at(`${partial}/${random.uuid()}`)
      try {
        await ensureFolder(path.dirname(part))
        await writeDurably(part, source, signal)
        await ensureFolder(path.dirname(file))
        await rename(part, file)
      } catch (error) {
        known.clear()
        source.destroy()
        await rm(part, { force: true })
        throw error
      }
      await syncDirectory(path.dirname(file))
    },

    async remove(name) {
      await rm(at(name), { force: true })
    },

    async removeFolder(folder) {
      known.clear()
      await rm(at(folder), { recursive: true, force: true })
    },

    close: () => Promise.resolve(),
  }
}

async function writeDurably(
  file: string,
  source: Readable,
  signal: AbortSignal | undefined,
): Promise<void> {
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })
  await pipeline(source, target, signal === undefined ? {} : { signal })
}
