import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushBlob, pushManifest, type Target } from './curl.ts'

export const imageMediaType = 'application/vnd.oci.image.manifest.v1+json'

export interface SmallImage {
  readonly tag: string
  readonly digest: string
  readonly blobDigests: readonly string[]
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** An image of layers between 1 and 64 KiB, the same on every target. */
export async function pushSmallImage(
  targets: readonly Target[],
  folder: string,
  tag: string,
  layers: number,
): Promise<SmallImage> {
  const file = join(folder, 'small-image')
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', tag }))
  const contents = Array.from({ length: layers }, (_, at) => randomBytes(1024 << (at % 7)))
  for (const content of [config, ...contents]) {
    await writeFile(file, content)
    const blob = { file, digest: digestOf(content), sizeBytes: content.length }
    await Promise.all(targets.map((target) => pushBlob(target, blob)))
  }
  const descriptor = (kind: string) => (content: Buffer) => ({
    mediaType: `application/vnd.oci.image.${kind}`,
    digest: digestOf(content),
    size: content.length,
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: imageMediaType,
      config: descriptor('config.v1+json')(config),
      layers: contents.map(descriptor('layer.v1.tar')),
    }),
  )
  await writeFile(file, manifest)
  await Promise.all(targets.map((target) => pushManifest(target, tag, imageMediaType, file)))
  return { tag, digest: digestOf(manifest), blobDigests: [config, ...contents].map(digestOf) }
}
