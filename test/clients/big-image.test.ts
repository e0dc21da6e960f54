import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync, statSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createJson, descriptorOf, mediaTypes, randomStreamOf } from '../support/content.ts'
import { writeOciLayout } from '../support/oci-layout.ts'
import { hasPrograms } from '../support/programs.ts'

/** Just over the point where a signed 32-bit count of bytes ends. */
const layerBytes = 2 ** 31 + 2 ** 20

describe.skipIf(!hasPrograms('skopeo'))('an image of more than 2 GiB', () => {
  let bench: ClientBench

  beforeAll(async () => {
    bench = await startClientBench()
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  /** @returns digest of the layer and of the manifest. */
  async function writeBigImage(folder: string) {
    const blobs = `${folder}/blobs/sha256`
    mkdirSync(blobs, { recursive: true })
    const hash = createHash('sha256')
    await pipeline(
      randomStreamOf('big image', layerBytes),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const piece of source) {
          hash.update(piece)
          yield piece
        }
      },
      createWriteStream(`${blobs}/layer`),
    )
    const hex = hash.digest('hex')
    await rename(`${blobs}/layer`, `${blobs}/${hex}`)
    const digest = `sha256:${hex}`
    const config = createJson(
      { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digest] } },
      mediaTypes.ociConfig,
    )
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: layerBytes }
    const manifest = createJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: descriptorOf(config),
        layers: [layer],
      },
      mediaTypes.ociManifest,
    )
    writeOciLayout(folder, [{ name: 'latest', manifest }], [config])
    return { layer: digest, manifest: manifest.digest }
  }

  it('arrives and comes back whole', async () => {
    const folder = bench.folder.join('big')
    const digests = await writeBigImage(folder)
    const copy = ['copy', '--preserve-digests']
    const target = `docker://${bench.image('big:v1')}`
    await bench.run('skopeo', [...copy, `oci:${folder}:latest`, target], { timeoutMs: 100_000 })
    rmSync(folder, { recursive: true })
    expect(await bench.digestAt('big', 'v1')).toBe(digests.manifest)

    const back = bench.folder.join('back')
    await bench.run('skopeo', [...copy, target, `dir:${back}`], { timeoutMs: 100_000 })
    const hex = digests.layer.slice('sha256:'.length)
    // skopeo has verified the digest of what it wrote.
    expect(statSync(`${back}/${hex}`).size).toBe(layerBytes)

    const tail = `bytes=${layerBytes - 100}-${layerBytes - 1}`
    const end = await bench.api.getBlob(bench.repository('big'), digests.layer, { range: tail })
    expect(end.status).toBe(206)
    expect(end.header('content-range')).toBe(`${tail.replace('=', ' ')}/${layerBytes}`)
    expect(end.body).toHaveLength(100)
  })
})
