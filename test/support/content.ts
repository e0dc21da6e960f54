import { createCipheriv, createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { createTar, type TarEntry } from './tar.ts'

export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const

export interface Content {
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
}

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** A manifest and the blobs it refers to, in the order in which a client pushes them. */
export interface Image {
  readonly manifest: Content
  readonly blobs: readonly Content[]
}

export function digestOf(bytes: Uint8Array | string, algorithm: 'sha256' | 'sha512' = 'sha256') {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

export function createContent(
  bytes: Uint8Array | string,
  mediaType = 'application/octet-stream',
): Content {
  const buffer = Buffer.from(bytes)
  return { bytes: buffer, digest: digestOf(buffer), mediaType }
}

/** `value` as JSON, byte for byte what `JSON.stringify` writes. */
export function createJson(value: unknown, mediaType: string): Content {
  return createContent(JSON.stringify(value), mediaType)
}

/** Bytes that do not compress, the same for the same seed. */
export function randomBytesOf(seed: string, sizeBytes: number): Buffer {
  return randomCipher(seed).update(Buffer.alloc(sizeBytes))
}

/** As `randomBytesOf`, in pieces: for content that should not stand in memory whole. */
export function randomStreamOf(seed: string, sizeBytes: number): Readable {
  const pieceBytes = 1 << 20
  const zeros = Buffer.alloc(pieceBytes)
  const cipher = randomCipher(seed)
  let left = sizeBytes
  return new Readable({
    highWaterMark: pieceBytes,
    read() {
      const size = Math.min(left, pieceBytes)
      left -= size
      this.push(size === 0 ? null : cipher.update(zeros.subarray(0, size)))
    },
  })
}

function randomCipher(seed: string) {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
}

export function descriptorOf(content: Content, extra: Partial<Descriptor> = {}): Descriptor {
  const { mediaType, digest, bytes } = content
  return { mediaType, digest, size: bytes.length, ...extra }
}

export interface ImageOptions {
  /** Each becomes a layer: a compressed archive that container engines can unpack. */
  readonly layers?: readonly (readonly TarEntry[])[]
  readonly platform?: Platform
  readonly cmd?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly format?: 'oci' | 'docker'
  /** Further fields of the manifest, such as `annotations` or `subject`. */
  readonly manifest?: Readonly<Record<string, unknown>>
}

const defaultPlatform: Platform = { os: 'linux', architecture: 'amd64' }

export function createImage(options: ImageOptions = {}): Image {
  const { platform = defaultPlatform, format = 'oci' } = options
  const [manifestType, configType, layerType] =
    format === 'oci'
      ? [mediaTypes.ociManifest, mediaTypes.ociConfig, mediaTypes.ociLayer]
      : [mediaTypes.dockerManifest, mediaTypes.dockerConfig, mediaTypes.dockerLayer]
  const archives = (options.layers ?? [[{ name: 'hello', content: 'hello\n' }]]).map(createTar)
  const layers = archives.map((archive) => createContent(gzipSync(archive), layerType))
  const config = createJson(
    {
      created: '2024-01-01T00:00:00Z',
      ...platform,
      config: { Cmd: options.cmd ?? ['/bin/sh'], Labels: options.labels ?? {} },
      rootfs: { type: 'layers', diff_ids: archives.map((archive) => digestOf(archive)) },
      history: archives.map(() => ({ created: '2024-01-01T00:00:00Z', created_by: 'test' })),
    },
    configType,
  )
  const manifest = createJson(
    {
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptorOf(config),
      layers: layers.map((layer) => descriptorOf(layer)),
      ...options.manifest,
    },
    manifestType,
  )
  return { manifest, blobs: [...layers, config] }
}

/** An image of layers that are plain random bytes: for transfers, not for container engines. */
export function createOpaqueImage(seed: string, layerSizes: readonly number[]): Image {
  const layers = layerSizes.map((size, index) =>
    createContent(randomBytesOf(`${seed} layer ${index}`, size), mediaTypes.ociLayer),
  )
  const config = createJson({ ...defaultPlatform, seed }, mediaTypes.ociConfig)
  const manifest = createJson(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: descriptorOf(config),
      layers: layers.map((layer) => descriptorOf(layer)),
    },
    mediaTypes.ociManifest,
  )
  return { manifest, blobs: [...layers, config] }
}

export interface IndexOptions {
  readonly format?: 'oci' | 'docker'
  /** Further fields of the index, such as `annotations` or `subject`. */
  readonly index?: Readonly<Record<string, unknown>>
}

export interface IndexChild {
  readonly manifest: Content
  readonly platform?: Platform | undefined
}

export function createIndex(children: readonly IndexChild[], options: IndexOptions = {}): Content {
  const mediaType = options.format === 'docker' ? mediaTypes.dockerList : mediaTypes.ociIndex
  const manifests = children.map(({ manifest, platform }) =>
    descriptorOf(manifest, platform === undefined ? {} : { platform }),
  )
  return createJson({ schemaVersion: 2, mediaType, manifests, ...options.index }, mediaType)
}

/** The two bytes `{}` that stand for "no config" (OCI image spec, guidance for an empty descriptor). */
export const emptyJson = createContent('{}', mediaTypes.ociEmpty)

export interface ArtifactOptions {
  readonly artifactType: string
  readonly subject?: Content
  readonly layers?: readonly Content[]
  readonly annotations?: Readonly<Record<string, string>>
}

export function createArtifact(options: ArtifactOptions): Image {
  const { artifactType, subject, layers = [emptyJson], annotations } = options
  const manifest = createJson(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType,
      config: descriptorOf(emptyJson),
      layers: layers.map((layer) => descriptorOf(layer)),
      ...(subject === undefined ? {} : { subject: descriptorOf(subject) }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    mediaTypes.ociManifest,
  )
  const blobs = layers.includes(emptyJson) ? layers : [...layers, emptyJson]
  return { manifest, blobs }
}
