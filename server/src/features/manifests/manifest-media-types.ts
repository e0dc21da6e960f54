/** Media types of the documents under `/manifests/` (OCI image spec; Docker image manifest v2). */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  emptyConfig: 'application/vnd.oci.empty.v1+json',
} as const

export type ManifestMediaType =
  | typeof mediaTypes.ociManifest
  | typeof mediaTypes.ociIndex
  | typeof mediaTypes.dockerManifest
  | typeof mediaTypes.dockerList

const accepted: ReadonlySet<string> = new Set([
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerList,
])

/** Configs that tell of an image: its labels, and how its layers were made. */
export function isImageConfig(mediaType: string | null | undefined): boolean {
  return (
    mediaType === 'application/vnd.oci.image.config.v1+json' ||
    mediaType === 'application/vnd.docker.container.image.v1+json'
  )
}

export function isManifestMediaType(text: string): text is ManifestMediaType {
  return accepted.has(text)
}

export function isIndexMediaType(text: string): boolean {
  return text === mediaTypes.ociIndex || text === mediaTypes.dockerList
}

export function isOciMediaType(text: string): boolean {
  return text === mediaTypes.ociManifest || text === mediaTypes.ociIndex
}

/** Layers whose bytes live elsewhere: the registry need not hold them (OCI image spec, layer). */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.')
  )
}

/** The media type of a header value, without its parameters. */
export function bareMediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
