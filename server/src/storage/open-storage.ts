import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { openDiskStorage } from './disk-storage.ts'
import type { S3Settings } from './s3/s3-settings.ts'
import type { BlobStorage } from './storage.ts'

export type StorageSettings =
  { readonly kind: 'disk'; readonly path: string } | ({ readonly kind: 's3' } & S3Settings)

/** Opens the storage that the configuration names. */
export async function openStorage(
  settings: StorageSettings,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<BlobStorage> {
  if (settings.kind === 'disk') return openDiskStorage({ path: settings.path, clock, logger })
  const { openS3Storage } = await import('./s3/s3-storage.ts')
  return openS3Storage({ settings, clock, logger })
}
