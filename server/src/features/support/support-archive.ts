import { Readable } from 'node:stream'
import type { Instant } from '../../platform/clock.ts'

export interface SupportFile {
  readonly name: string
  readonly content: Buffer
}

/** The files below one folder, as tar.gz. */
export async function supportArchive(
  folder: string,
  files: readonly SupportFile[],
  now: Instant,
): Promise<Readable> {
  const { Header, Pack, ReadEntry } = await import('tar')
  const mtime = new Date(Math.floor(now / 1000) * 1000)
  // Entries that wait for a turn would never get one, because all are written at once.
  const pack = new Pack({ gzip: true, portable: true, jobs: files.length })
  for (const { name, content } of files) {
    const path = `${folder}/${name}`
    const size = content.length
    const entry = new ReadEntry(new Header({ path, type: 'File', mode: 0o600, mtime, size }))
    pack.add(entry)
    if (size > 0) entry.write(content)
    entry.end()
  }
  pack.end()
  return Readable.from(pack)
}
