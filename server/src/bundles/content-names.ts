import { digestHex } from '../storage/digest.ts'
import type { PlacedBlob } from './bundle.ts'
import { blobPath, partPath } from './bundle-names.ts'

export interface ContentFile {
  /** Undefined: in every volume. */
  readonly volume: number | undefined
  readonly sizeBytes: number
  readonly sha256: string
}

/** The files of the content by name, with what they have to be. */
export function contentNames(blobs: readonly PlacedBlob[]): ReadonlyMap<string, ContentFile> {
  const files = new Map<string, ContentFile>()
  for (const { digest, sizeBytes, placement, sha256 = digestHex(digest) } of blobs) {
    if (placement.kind === 'everywhere' || placement.kind === 'whole') {
      const volume = placement.kind === 'whole' ? placement.volume : undefined
      files.set(blobPath(digest), { volume, sizeBytes, sha256 })
    } else if (placement.kind === 'parts') {
      for (const { number, volume, sizeBytes, sha256 } of placement.parts) {
        files.set(partPath(digest, number), { volume, sizeBytes, sha256 })
      }
    }
  }
  return files
}
