import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import { writeImageLayout } from '../support/sample-images.ts'

describe.skipIf(!hasPrograms('umoci', 'skopeo'))('umoci', () => {
  let bench: ClientBench

  beforeAll(async () => {
    bench = await startClientBench()
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('changes a pulled image that is then pushed again', async () => {
    const image = createImage({ layers: [[{ name: 'content', content: 'umoci' }]] })
    const source = writeImageLayout(bench.folder.join('source'), image)
    const docker = `docker://${bench.image('umoci')}`
    const layout = bench.folder.join('work')
    await bench.run('skopeo', ['copy', source, `${docker}:v1`])
    await bench.run('skopeo', ['copy', `${docker}:v1`, `oci:${layout}:v1`])

    writeFileSync(bench.folder.join('added'), 'by umoci')
    const insert = ['--image', `${layout}:v1`, '--tag', 'v2', bench.folder.join('added'), '/added']
    await bench.run('umoci', ['insert', ...insert])
    await bench.run('skopeo', ['copy', `oci:${layout}:v2`, `${docker}:v2`])

    const before = await bench.api.getManifest(bench.repository('umoci'), 'v1')
    const after = await bench.api.getManifest(bench.repository('umoci'), 'v2')
    const layersOf = (body: unknown) => (body as { layers: { digest: string }[] }).layers
    expect(layersOf(after.json())).toHaveLength(2)
    expect(layersOf(after.json())[0]).toEqual(layersOf(before.json())[0])
  })
})
