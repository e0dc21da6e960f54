import { listBackups, readManifest } from './backup-manifest.ts'
import type { BackupTarget } from './backup-target.ts'

export interface BackupSummary {
  readonly id: string
  readonly createdAt: number
  readonly version: string
  readonly isEncrypted: boolean
  readonly blobs: number | null
  readonly sizeBytes: number | null
}

/** The backups of a target with what their manifests say, the oldest first. */
export async function listWithSizes(target: BackupTarget) {
  const { complete, incomplete } = await listBackups(target)
  const backups: BackupSummary[] = []
  for (const id of complete) {
    const { createdAt, version, encryption, content } = await readManifest(target, id)
    backups.push({
      ...{ id, createdAt, version, isEncrypted: encryption !== null },
      blobs: content?.blobs ?? null,
      sizeBytes: content?.sizeBytes ?? null,
    })
  }
  return { backups, incomplete }
}
