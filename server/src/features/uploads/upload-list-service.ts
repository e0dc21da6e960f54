import type { Db } from '../../db/tables.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'
import type { BlobStorage } from '../../storage/storage.ts'
import { uploadStore, type UploadPosition } from './upload-store.ts'

export type UploadListService = ReturnType<typeof createUploadListService>

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The uploads of everybody, for superusers. */
export function createUploadListService({
  db,
  storage,
  log,
}: {
  db: Db
  storage: BlobStorage
  log: Logger
}) {
  return {
    /** The ones that have waited longest first. */
    async page(after: UploadPosition | undefined, limit: number) {
      const rows = await uploadStore(db).page(after, limit + 1)
      const uploads = rows.slice(0, limit)
      const last = rows.length > limit ? uploads.at(-1) : undefined
      return { uploads, next: last && { updatedAt: last.updated_at, uuid: last.uuid } }
    },

    /** @throws Problem `not-found` */
    async cancel(uuid: string, by: string): Promise<void> {
      const uploads = uploadStore(db)
      if (!uuidPattern.test(uuid) || !(await uploads.exists(uuid))) throw new Problem('not-found')
      await storage.abort(uuid)
      await uploads.delete(uuid)
      log.info({ upload: uuid, by }, 'upload cancelled')
    },
  }
}
