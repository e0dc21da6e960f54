import { join } from 'node:path'
import { Problem } from '../problem.ts'
import { digestAlgorithm, digestHex, type Digest, type DigestAlgorithm } from './digest.ts'

/**
 * Where things lie below the storage path:
 *
 *     uploads/<uuid>                          bytes of an upload, its size is the file's size
 *     sha256/<first two hex digits>/<hex>     a verified blob
 *     sha512/<first two hex digits>/<hex>     likewise
 *
 * An upload becomes a blob by rename, so all of it must be one file system. Names are made only from
 * a checked UUID or a parsed digest.
 */
export const algorithms: readonly DigestAlgorithm[] = ['sha256', 'sha512']

export const blobPrefixes: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, '0'),
)

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function isUploadId(id: string): boolean {
  return uuidPattern.test(id)
}

/** @throws Problem `upload-unknown`: an id that we never made names no upload. */
export function requireUploadId(id: string): void {
  if (!isUploadId(id)) throw new Problem('upload-unknown', {})
}

export const uploadsFolder = (root: string) => join(root, 'uploads')

export const uploadPath = (root: string, id: string) => join(root, 'uploads', id)

export function blobFolder(root: string, digest: Digest): string {
  return join(root, digestAlgorithm(digest), digestHex(digest).slice(0, 2))
}

export function blobPath(root: string, digest: Digest): string {
  return join(blobFolder(root, digest), digestHex(digest))
}
