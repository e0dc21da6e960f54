import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { descriptorOf, digestOf, mediaTypes, type Content } from './content.ts'

export interface LayoutEntry {
  readonly name: string
  readonly manifest: Content
}

/** Writes an image layout (OCI image spec), which most clients can copy from. */
export function writeOciLayout(
  folder: string,
  entries: readonly LayoutEntry[],
  others: readonly Content[],
): void {
  const blobs = join(folder, 'blobs/sha256')
  mkdirSync(blobs, { recursive: true })
  for (const { bytes, digest } of [...entries.map(({ manifest }) => manifest), ...others]) {
    writeFileSync(join(blobs, digest.slice('sha256:'.length)), bytes)
  }
  const manifests = entries.map(({ name, manifest }) =>
    descriptorOf(manifest, { annotations: { 'org.opencontainers.image.ref.name': name } }),
  )
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  )
}

/**
 * The digests of all blobs in a layout that some client wrote.
 * @throws when a blob is not what its name says.
 */
export function readOciLayout(folder: string): readonly string[] {
  const blobs = join(folder, 'blobs/sha256')
  return readdirSync(blobs)
    .sort()
    .map((hex) => {
      const digest = digestOf(readFileSync(join(blobs, hex)))
      if (digest !== `sha256:${hex}`) throw new Error(`${hex} in ${folder} holds ${digest}`)
      return digest
    })
}
