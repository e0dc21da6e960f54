import { createWriteStream } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'

import type { Clock, Instant } from '../../platform/clock.ts'
import { writeFileDurably } from '../../platform/files.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'

export type BundleUploads = ReturnType<typeof createBundleUploads>

export interface UploadedFile {
  readonly name: string
  readonly bytes: number
  readonly totalBytes: number | null
  readonly isComplete: boolean
}

export interface BundleUpload {
  readonly id: string
  readonly createdAt: Instant
  readonly bytes: number
  readonly files: readonly UploadedFile[]
}

export interface UploadRange {
  readonly start: number
  readonly end: number
  readonly totalBytes: number | null
}

const uploadsAtMost = 20
const filesAtMost = 20_000
const deepest = 8
const segment = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,150}$/
const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** What stays free for the registry itself. */
const reserveBytes = 1024 ** 3

const Facts = z.object({ createdAt: z.number() })

/**
 * Files of bundles that browsers send, piece by piece, below the data directory. Whether they are a
 * bundle is found out when they are read; here only names, counts and space are bounded.
 */
export function createBundleUploads({
  folder,
  clock,
  random,
}: {
  folder: string
  clock: Clock
  random: Random
}) {
  const writing = new Set<string>()

  async function requireUpload(id: string) {
    const place = path.join(folder, id)
    const text = idPattern.test(id)
      ? await readFile(path.join(place, 'upload.json'), 'utf8').catch(() => undefined)
      : undefined
    if (text === undefined) throw new Problem('not-found')
    return {
      ...Facts.parse(JSON.parse(text)),
      place,
      files: path.join(place, 'files'),
      /** As long as a file is to become, under the name of the file. */
      totals: path.join(place, 'totals'),
    }
  }

  async function describe(id: string): Promise<BundleUpload> {
    const { createdAt, files, totals } = await requireUpload(id)
    const found: UploadedFile[] = []
    for (const name of await namesBelow(files)) {
      const { size } = await lstat(path.join(files, name))
      const total = await readTotal(path.join(totals, name))
      found.push({ name, bytes: size, totalBytes: total, isComplete: size === total })
    }
    const bytes = found.reduce((sum, file) => sum + file.bytes, 0)
    return { id, createdAt, bytes, files: found }
  }

  async function requireRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize - bytes < reserveBytes) throw new Problem('storage-full')
  }

  return {
    async start(): Promise<BundleUpload> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      if ((await readdir(folder)).length >= uploadsAtMost) {
        throw new Problem('rule-violated', {
          message: `${String(uploadsAtMost)} uploads are kept already: discard one that is done.`,
        })
      }
      const id = random.uuid()
      const place = path.join(folder, id)
      await mkdir(path.join(place, 'files'), { recursive: true, mode: 0o700 })
      const facts = JSON.stringify({ createdAt: clock.now() })
      await writeFileDurably(path.join(place, 'upload.json'), facts, 0o600)
      return describe(id)
    },

    find: describe,

    async list(): Promise<readonly BundleUpload[]> {
      const ids = await readdir(folder).catch(() => [])
      const found = await Promise.all(ids.map((id) => describe(id).catch(() => undefined)))
      return found
        .filter((upload) => upload !== undefined)
        .sort((a, b) => b.createdAt - a.createdAt)
    },

    /** Where the files lie, for who reads them as a bundle. */
    folderOf: async (id: string): Promise<string> => (await requireUpload(id)).files,

    /**
     * Appends a piece. One that begins at 0 begins the file anew; any other has to begin where the
     * file ends.
     */
    async write(
      id: string,
      name: string,
      range: UploadRange | undefined,
      source: Readable,
      signal: AbortSignal,
    ): Promise<UploadedFile> {
      const { files, totals } = await requireUpload(id)
      requireName(name)
      const file = path.join(files, name)
      if (writing.has(file)) throw new Problem('conflict', { message: `${name} is being sent.` })
      writing.add(file)
      try {
        const size = await sizeOf(file)
        const start = range?.start ?? 0
        if (start !== 0 && start !== size) {
          throw new Problem('upload-out-of-order', {
            message: `${name} has ${String(size ?? 0)} bytes: go on from there.`,
            extra: { bytes: size ?? 0 },
          })
        }
        if (size === undefined) await requireNew(files, name)
        await requireRoom(range === undefined ? 0 : range.end - range.start + 1)
        const total = range?.totalBytes ?? null
        for (const one of [file, path.join(totals, name)]) {
          await mkdir(path.dirname(one), { recursive: true, mode: 0o700 })
        }
        if (total !== null) await writeFile(path.join(totals, name), String(total))
        if (size !== undefined && start === 0) await truncate(file, 0)
        const limit = range === undefined ? undefined : range.end - range.start + 1
        await append(file, source, start, limit, signal)
        const bytes = (await sizeOf(file)) ?? 0
        if (limit !== undefined && bytes !== start + limit) {
          throw new Problem('size-mismatch', { message: `${name} is shorter than announced.` })
        }
        return { name, bytes, totalBytes: total, isComplete: total !== null && bytes === total }
      } finally {
        writing.delete(file)
      }
    },

    async discard(id: string): Promise<void> {
      const { place } = await requireUpload(id)
      await rm(place, { recursive: true, force: true })
    },
  }

  async function append(
    file: string,
    source: Readable,
    start: number,
    limit: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let written = 0
    let checkedAt = 0
    const target = createWriteStream(file, { flags: 'a', mode: 0o600, flush: true })
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          written += chunk.length
          if (limit !== undefined && written > limit) {
            throw new Problem('size-mismatch', { message: 'More was sent than announced.' })
          }
          if (written - checkedAt > 64 * 1024 * 1024) {
            checkedAt = written
            await requireRoom(0)
          }
          yield chunk
        }
      },
      target,
      { signal },
    ).catch(async (error: unknown) => {
      // What a client sent beyond its word is nothing; what it sent before it was cut off stays.
      if (error instanceof Problem) await truncate(file, start).catch(() => undefined)
      throw error
    })
  }
}

function requireName(name: string): void {
  const segments = name.split('/')
  const isSafe =
    name.length <= 400 &&
    segments.length <= deepest &&
    segments.every((one) => segment.test(one) && !one.endsWith('.'))
  if (!isSafe) {
    throw new Problem('rule-violated', {
      message: `${name.slice(0, 100)} is no name of a file in a bundle.`,
    })
  }
}

/** A second file whose name differs in case only would be the same file elsewhere. */
async function requireNew(files: string, name: string): Promise<void> {
  const known = await namesBelow(files)
  if (known.length >= filesAtMost) {
    throw new Problem('rule-violated', { message: 'The upload has too many files.' })
  }
  const lower = name.toLowerCase()
  const clash = known.find((one) => {
    const other = one.toLowerCase()
    return other === lower || other.startsWith(`${lower}/`) || lower.startsWith(`${other}/`)
  })
  if (clash !== undefined) {
    throw new Problem('rule-violated', { message: `${name} clashes with ${clash}.` })
  }
}

async function namesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
    )
    .sort()
}

async function readTotal(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await lstat(file)
    return found.isFile() ? found.size : undefined
  } catch {
    return undefined
  }
}
