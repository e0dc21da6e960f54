import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDistribution, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage } from '../support/content.ts'
import { startObjectStore, type ObjectStore } from '../support/object-store.ts'
import { readOciLayout } from '../support/oci-layout.ts'
import { hasPrograms } from '../support/programs.ts'
import { writeImageLayout } from '../support/sample-images.ts'

const canRun = hasPrograms('crane', 'skopeo') && !isDistribution

describe.skipIf(!canRun)('clients of a registry on a bucket', () => {
  let store: ObjectStore
  let bench: ClientBench

  beforeAll(async () => {
    store = await startObjectStore()
    const parameters = {
      endpoint_url: store.endpoint,
      s3_bucket: store.bucket,
      s3_access_key: store.accessKey,
      s3_secret_key: store.secretKey,
      storage_path: 'quay',
    }
    const settings = {
      DISTRIBUTED_STORAGE_CONFIG: { s3: ['S3Storage', parameters] },
      DISTRIBUTED_STORAGE_PREFERENCE: ['s3'],
    }
    const env = { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) }
    bench = await startClientBench({ env })
  })
  afterAll(async () => {
    await bench[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
  })

  it('crane pushes and skopeo pulls the same bytes', async () => {
    const layers = ['one', 'two', 'three'].map((name) => [{ name, content: name.repeat(1000) }])
    const image = createImage({ layers })
    const folder = bench.folder.join('image')
    writeImageLayout(folder, image)
    const name = bench.image('bucket:v1')
    await bench.run('crane', ['push', folder, name])
    const pulled = bench.folder.join('pulled')
    await bench.run('skopeo', ['copy', `docker://${name}`, `oci:${pulled}:v1`])
    const digests = [image.manifest, ...image.blobs].map(({ digest }) => digest)
    expect(readOciLayout(pulled)).toEqual(digests.sort())
    expect(store.keys().filter((key) => key.startsWith('quay/sha256/'))).toHaveLength(4)
  })
})
