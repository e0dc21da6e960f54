import { createHash } from 'node:crypto'

import type { Db } from '../db/tables.ts'
import { digestAlgorithm, digestHex, parseDigest } from '../storage/digest.ts'
import type { BlobStorage } from '../storage/storage.ts'
import { manifestSampleStore } from './manifest-sample-store.ts'

/**
 * What has to work after an upgrade: the database answers, and of each kind of manifest one of the
 * newest can be read with what it needs.
 * @returns what does not work.
 */
export async function upgradeProblem(
  db: Db,
  storage: Pick<BlobStorage, 'stat' | 'space'>,
): Promise<string | undefined> {
  const samples = manifestSampleStore(db)
  await storage.space()
  for (const kind of await samples.kinds()) {
    const newest = await samples.newest(kind)
    let isReadable = newest.length === 0
    for (const { id, digest, bytes } of newest) {
      if (isReadable) break
      isReadable = isContent(digest, bytes) && (await haveBytes(await samples.blobs(id), storage))
    }
    if (!isReadable) return `no manifest of the kind ${kind} can be read`
  }
  return undefined
}

function isContent(text: string, bytes: Uint8Array): boolean {
  const digest = parseDigest(text)
  return createHash(digestAlgorithm(digest)).update(bytes).digest('hex') === digestHex(digest)
}

async function haveBytes(
  blobs: readonly { readonly digest: string; readonly size_bytes: number }[],
  storage: Pick<BlobStorage, 'stat'>,
): Promise<boolean> {
  for (const { digest, size_bytes } of blobs) {
    if ((await storage.stat(parseDigest(digest))) !== size_bytes) return false
  }
  return true
}
