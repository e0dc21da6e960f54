import { createHash } from 'node:crypto'
import { PassThrough, Readable, Transform } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

import type { Random } from '../platform/random.ts'
import { BackupError } from './backup-codes.ts'
import { backupFolder, isMissing, type BackupTarget } from './backup-target.ts'
import type { StoredFile } from './backup-manifest.ts'
import { seal, SealBroken, unseal } from './sealing.ts'

/** What flows through, counted and hashed. */
export function measuring() {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const stage = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece)
      sizeBytes += piece.length
      done(null, piece)
    },
  })
  return { stage, result: () => ({ sizeBytes, sha256: hash.digest('hex') }) }
}

export interface StoreOptions {
  readonly id: string
  /** Below the folder of the backup. */
  readonly name: string
  /** Seals the file, whose name then says so. */
  readonly key?: Buffer | undefined
  readonly compress: boolean
  readonly random: Random
  readonly signal?: AbortSignal | undefined
}

export async function storeFile(
  target: BackupTarget,
  source: Readable,
  { id, name, key, compress, random, signal }: StoreOptions,
): Promise<StoredFile> {
  const stored = `${name}${compress ? '.gz' : ''}${key === undefined ? '' : '.sealed'}`
  const { stage, result } = measuring()
  const stages = [
    ...(compress ? [createGzip({ level: 3 })] : []),
    ...(key === undefined ? [] : [seal(key, `${id}/${stored}`, random)]),
    stage,
  ]
  const out = new PassThrough()
  await together(
    pipeline([source, ...stages, out], signal === undefined ? {} : { signal }),
    target.write(`${backupFolder(id)}/${stored}`, out, { signal }),
  )
  return { name: stored, ...result() }
}

/** Both ends of a stream; the failure that came first is the cause of the other. */
async function together(...ends: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = []
  await Promise.all(ends.map((end) => end.catch((error: unknown) => void failures.push(error))))
  if (failures.length > 0) throw failures[0]
}

/** The content of a stored file. Fails at its end, at the latest, when it is not what was stored. */
export async function openStored(
  target: BackupTarget,
  id: string,
  file: StoredFile,
  key: Buffer | undefined,
): Promise<Readable> {
  const source = await target.read(`${backupFolder(id)}/${file.name}`).catch((error: unknown) => {
    if (isMissing(error)) throw damaged(file, 'is missing')
    throw error
  })
  const { stage, result } = measuring()
  const check = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      done(null, piece)
    },
    flush: (done) => {
      const { sizeBytes, sha256 } = result()
      const isSame = sizeBytes === file.sizeBytes && sha256 === file.sha256
      done(isSame ? null : damaged(file, 'is not what was stored'))
    },
  })
  const isSealed = file.name.endsWith('.sealed')
  if (isSealed && key === undefined) throw new BackupError('MOOR-BAK-005')
  const isPacked = /\.gz(?:\.sealed)?$/.test(file.name)
  const out = new PassThrough()
  // What goes wrong comes out at the end, where it is given its name.
  pipeline([
    source,
    stage,
    check,
    ...(isSealed && key !== undefined ? [unseal(key, `${id}/${file.name}`)] : []),
    ...(isPacked ? [createGunzip()] : []),
    out,
  ]).catch(() => undefined)
  return Readable.from(withNamedErrors(out, file), { objectMode: false })
}

async function* withNamedErrors(source: Readable, file: StoredFile): AsyncGenerator<Buffer> {
  try {
    for await (const piece of source) yield piece as Buffer
  } catch (error) {
    throw asBackupError(error, file)
  }
}

function asBackupError(error: unknown, file: StoredFile): Error {
  if (error instanceof BackupError) return error
  if (error instanceof SealBroken)
    return new BackupError('MOOR-BAK-006', undefined, { cause: error })
  const cause = error instanceof Error ? error : new Error(String(error))
  if ('code' in cause && String(cause.code).startsWith('Z_'))
    return damaged(file, 'cannot be unpacked')
  return cause
}

function damaged(file: StoredFile, what: string): BackupError {
  return new BackupError('MOOR-BAK-004', `${file.name} ${what}.`)
}

/** Reads to the end, for the sake of the checks on the way. */
export async function drain(source: Readable): Promise<void> {
  source.resume()
  await finished(source)
}

/** @throws BackupError unless the file, as it is stored, is what the manifest says. */
export async function checkStored(
  target: BackupTarget,
  id: string,
  file: StoredFile,
): Promise<void> {
  const source = await target.read(`${backupFolder(id)}/${file.name}`).catch((error: unknown) => {
    if (isMissing(error)) throw damaged(file, 'is missing')
    throw error
  })
  const { stage, result } = measuring()
  await Promise.all([pipeline(source, stage), drain(stage)])
  const { sizeBytes, sha256 } = result()
  if (sizeBytes !== file.sizeBytes || sha256 !== file.sha256) {
    throw damaged(file, 'is not what was stored')
  }
}
