import { link, lstat, stat, unlink } from 'node:fs/promises'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { openDiskBlob } from './disk-blob.ts'
import { prepareFolders } from './disk-folders.ts'
import { blobPath, requireUploadId, uploadPath } from './disk-layout.ts'
import { localUploads } from './local-uploads.ts'
import { readPool } from './read-pool.ts'
import type { BlobStorage } from './storage.ts'

export interface DiskStorageOptions {
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
}

const readingShape = { blockBytes: 1024 * 1024, blocks: 24 }

/** Opens (and on first use creates) a folder of blobs; its layout is in disk-layout.ts. */
export async function openDiskStorage(options: DiskStorageOptions): Promise<BlobStorage> {
  const { path: root, clock, logger } = options
  await prepareFolders(root)
  const pool = readPool(readingShape)

  return {
    ...localUploads({ root, clock, logger }),

    async stat(digest) {
      const found = await stat(blobPath(root, digest)).catch(ignoreMissing)
      return found?.size
    },

    async linkUpload(id, file) {
      requireUploadId(id)
      const found = await lstat(file).catch(ignoreMissing)
      // Somebody else could change later what was verified here.
      if (found?.isFile() !== true || found.uid !== process.getuid?.()) return false
      const target = uploadPath(root, id)
      try {
        await link(file, target)
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? ''
        if (['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EACCES'].includes(code)) return false
        throw error
      }
      return true
    },

    open: (digest) => openDiskBlob(digest, { root, pool }),

    async remove(digest) {
      await unlink(blobPath(root, digest)).catch(ignoreMissing)
    },
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
