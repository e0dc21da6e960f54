import type { Readable } from 'node:stream'

/**
 * Where backups are kept: files by name, with slashes. A file that can be seen is whole and survives
 * a power cut.
 */
export interface BackupTarget {
  /** As people write it, without credentials. */
  readonly title: string
  /** Throws when nothing can be written there. */
  prepare(): Promise<void>
  /** Names below a folder, with their sizes; a folder that is not there has none. */
  list(folder: string): Promise<ReadonlyMap<string, number>>
  /** Undefined when there is no such file. */
  size(name: string): Promise<number | undefined>
  /** @throws Error with `code` ENOENT when there is no such file. */
  read(name: string): Promise<Readable>
  /** Nothing is left of a file whose source breaks or whose signal is aborted. */
  write(name: string, source: Readable, options: WriteOptions): Promise<void>
  /** Silent when there is none. */
  remove(name: string): Promise<void>
  /** Everything below a folder, what broken writes left behind included. */
  removeFolder(folder: string): Promise<void>
  close(): Promise<void>
}

export interface WriteOptions {
  readonly sizeBytes?: number
  readonly signal?: AbortSignal | undefined
}

/** The names directly below a folder. */
export async function foldersIn(target: BackupTarget, folder: string): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const name of (await target.list(folder)).keys()) {
    const first = name.slice(folder.length + 1).split('/')[0]
    if (first !== undefined && first !== '') names.add(first)
  }
  return [...names].sort()
}

export async function readText(target: BackupTarget, name: string): Promise<string | undefined> {
  try {
    const pieces: Buffer[] = []
    for await (const piece of (await target.read(name)) as AsyncIterable<Buffer>) pieces.push(piece)
    return Buffer.concat(pieces).toString('utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

export const blobName = (digest: string): string => {
  const [algorithm = '', hex = ''] = digest.split(':')
  return `blobs/${algorithm}/${hex.slice(0, 2)}/${hex}`
}

export const backupFolder = (id: string): string => `backups/${id}`
