import { readFileSync } from 'node:fs'
import { createImage, createIndex, type Content, type Image, type Platform } from './content.ts'
import { writeOciLayout } from './oci-layout.ts'
import type { RegistryClient } from './registry-client.ts'

/** A shell that needs nothing else in the image. */
const busybox = '/bin/busybox'

/** An image whose command prints `greeting`; container engines can run it. */
export function createRunnableImage(greeting: string): Image {
  return createImage({
    layers: [
      [{ name: 'bin/sh', content: readFileSync(busybox), mode: 0o755 }],
      [{ name: 'greeting', content: `${greeting}\n` }],
    ],
    cmd: ['/bin/sh', '-c', 'while read line; do echo "$line"; done </greeting'],
  })
}

export interface MultiArchImage {
  readonly index: Content
  readonly images: readonly Image[]
}

const platforms: readonly Platform[] = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
]

/** One small image for each of two platforms, and the index over them. */
export function createMultiArchImage(
  seed: string,
  format: 'oci' | 'docker' = 'oci',
): MultiArchImage {
  const images = platforms.map((platform) =>
    createImage({
      platform,
      format,
      layers: [
        [{ name: 'shared', content: `${seed} everywhere\n` }],
        [{ name: 'own', content: `${seed} on ${platform.architecture}\n` }],
      ],
    }),
  )
  const children = images.map(({ manifest }, at) => ({ manifest, platform: platforms[at] }))
  return { index: createIndex(children, { format }), images }
}

/** Writes an image as a layout that clients copy from. @returns its reference for them. */
export function writeImageLayout(folder: string, { manifest, blobs }: Image): string {
  writeOciLayout(folder, [{ name: 'latest', manifest }], blobs)
  return `oci:${folder}:latest`
}

/** As `writeImageLayout`, for all platforms. */
export function writeMultiArchLayout(folder: string, { index, images }: MultiArchImage): string {
  const contents = images.flatMap(({ manifest, blobs }) => [manifest, ...blobs])
  writeOciLayout(folder, [{ name: 'latest', manifest: index }], contents)
  return `oci:${folder}:latest`
}

/** Pushes the images by digest, then the index by tag. */
export async function pushMultiArchImage(
  client: RegistryClient,
  repository: string,
  tag: string,
  { index, images }: MultiArchImage,
): Promise<void> {
  for (const image of images) await client.pushImage(repository, image.manifest.digest, image)
  await client.putManifest(repository, tag, index)
}
