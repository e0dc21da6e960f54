import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { sqliteRecords, type Records } from './records.ts'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const algorithms = { sha256: 64, sha512: 128 } as const

export interface DataFolderCheck {
  readonly blobFiles: number
  /** Upload files that no record in the database speaks of. */
  readonly orphans: readonly string[]
}

/** Looks at the files themselves, past the server: what a client cannot see must be in order too. */
export function createDataFolderCheck(recordsOf: (dataDir: string) => Records = sqliteRecords) {
  const hashed = new Set<string>()

  return async (dataDir: string): Promise<DataFolderCheck> => {
    const storage = await findStorage(dataDir)
    let blobFiles = 0
    for (const [algorithm, hexLength] of Object.entries(algorithms)) {
      const folder = join(storage, algorithm)
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isDirectory()) continue
        const file = join(entry.parentPath, entry.name)
        blobFiles++
        if (entry.name.length !== hexLength || !entry.isFile()) {
          throw new Error(`${file} is no blob`)
        }
        if (hashed.has(file)) continue
        const hash = createHash(algorithm)
        await pipeline(createReadStream(file), hash)
        if (hash.digest('hex') !== entry.name) throw new Error(`${file} holds other content`)
        hashed.add(file)
      }
    }
    const { uploads, waiting, blobs, health } = await readRecords(recordsOf(dataDir))
    if (health !== 'ok') throw new Error(`the database is damaged: ${health}`)
    for (const { digest, sizeBytes } of blobs) {
      const [algorithm = '', hex = ''] = digest.split(':')
      const file = join(storage, algorithm, hex.slice(0, 2), hex)
      const found = await stat(file).catch(() => undefined)
      if (found?.size !== sizeBytes) {
        throw new Error(
          `${digest} is recorded with ${sizeBytes} bytes; the file has ${found?.size ?? 'none'}`,
        )
      }
    }
    const files = await readdir(join(storage, 'uploads'))
    const stranger = files.find((name) => !uuid.test(name))
    if (stranger !== undefined) throw new Error(`uploads/${stranger} is no upload`)
    for (const id of waiting) {
      if (!files.includes(id)) throw new Error(`upload ${id} is recorded and has no file`)
    }
    return { blobFiles, orphans: files.filter((name) => !uploads.has(name)) }
  }
}

/** Makes upload files look old enough for the sweep of leftovers. */
export async function ageUploads(dataDir: string, ids: readonly string[]): Promise<void> {
  const folder = join(await findStorage(dataDir), 'uploads')
  const yesterday = new Date(Date.now() - 24 * 3_600_000)
  for (const id of ids) await utimes(join(folder, id), yesterday, yesterday)
}

async function findStorage(dataDir: string): Promise<string> {
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory() && entry.name === 'uploads') return entry.parentPath
  }
  throw new Error(`${dataDir} holds no uploads folder`)
}

async function readRecords(records: Records) {
  const [uploads, blobs, health] = await Promise.all([
    records.rows('select uuid, committing_digest from blobupload'),
    records.rows('select digest, size_bytes from blob'),
    records.health(),
  ])
  const idsOf = (rows: typeof uploads) => new Set(rows.map(({ uuid }) => String(uuid)))
  return {
    uploads: idsOf(uploads),
    /** The others may have become blobs already. */
    waiting: idsOf(uploads.filter(({ committing_digest }) => committing_digest === null)),
    blobs: blobs.map(({ digest, size_bytes }) => ({
      ...{ digest: String(digest), sizeBytes: Number(size_bytes) },
    })),
    health,
  }
}
