import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import Sqlite from 'better-sqlite3'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const algorithms = { sha256: 64, sha512: 128 } as const

export interface DataFolderCheck {
  readonly blobFiles: number
  /** Upload files that no record in the database speaks of. */
  readonly orphans: readonly string[]
}

/** Looks at the files themselves, past the server: what a client cannot see must be in order too. */
export function createDataFolderCheck() {
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
    const { uploads, blobs, health } = readRecords(dataDir)
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
    for (const id of uploads) {
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

function readRecords(dataDir: string) {
  const database = new Sqlite(join(dataDir, 'mooring.db'), { readonly: true, fileMustExist: true })
  try {
    const uploads = database
      .prepare<[], { uuid: string }>('select uuid from blobupload')
      .all()
      .map((row) => row.uuid)
    const blobs = database
      .prepare<[], { digest: string; sizeBytes: number }>(
        'select digest, size_bytes as sizeBytes from blob',
      )
      .all()
    const health = String(database.pragma('quick_check', { simple: true }))
    return { uploads: new Set(uploads), blobs, health }
  } finally {
    database.close()
  }
}
