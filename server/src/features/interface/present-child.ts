import type { PresentChild } from './tag-row-service.ts'

/** A child of an index as pages show it. */
export function presentChild({ digest, mediaType, ...child }: PresentChild) {
  return {
    digest,
    media_type: mediaType,
    platform: child.platform && { ...child.platform },
    artifact_type: child.artifactType,
    size_bytes: child.sizeBytes,
    is_present: child.isPresent,
  }
}
