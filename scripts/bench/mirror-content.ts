import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pushBlob, pushManifest, type Target } from './curl.ts'
import { digestOf, imageMediaType } from './small-image.ts'

export interface MirrorContent {
  readonly tags: number
  readonly bytes: number
}

const kibibyte = 1024
const configType = 'application/vnd.oci.image.config.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'

/**
 * Fills a repository as projects do: releases on one large base, each with a few layers of its own,
 * from large to tiny.
 */
export async function stockForMirror(
  target: Target,
  folder: string,
  { tags, megabyte }: { readonly tags: number; readonly megabyte: number },
): Promise<MirrorContent> {
  const file = join(folder, 'mirror-content')
  let bytes = 0

  async function push(content: Buffer) {
    await writeFile(file, content)
    const digest = digestOf(content)
    await pushBlob(target, { file, digest, sizeBytes: content.length })
    bytes += content.length
    return { digest, size: content.length }
  }

  const base = await push(randomBytes(64 * megabyte))
  const ownLayers = [16 * megabyte, 4 * megabyte, 256 * kibibyte, 4 * kibibyte, kibibyte]
  for (let tag = 0; tag < tags; tag++) {
    const platform = { architecture: 'amd64', os: 'linux' }
    const config = await push(Buffer.from(JSON.stringify({ ...platform, release: tag })))
    const layers = [base]
    for (const size of ownLayers) layers.push(await push(randomBytes(size)))
    const manifest = {
      schemaVersion: 2,
      mediaType: imageMediaType,
      config: { mediaType: configType, ...config },
      layers: layers.map((layer) => ({ mediaType: layerType, ...layer })),
    }
    await writeFile(file, JSON.stringify(manifest))
    await pushManifest(target, `v${tag}`, imageMediaType, file)
  }
  return { tags, bytes }
}
