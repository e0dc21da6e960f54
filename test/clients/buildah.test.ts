import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startClientBench, type ClientBench } from '../support/client-bench.ts'
import { digestOf, mediaTypes } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'

const isRoot = process.getuid?.() === 0

describe.skipIf(!isRoot || !hasPrograms('buildah', 'busybox'))('buildah', () => {
  let bench: ClientBench
  const buildah = async (...args: string[]) => (await bench.run('buildah', args)).trim()

  beforeAll(async () => {
    bench = await startClientBench()
    copyFileSync('/bin/busybox', bench.folder.join('sh'))
    chmodSync(bench.folder.join('sh'), 0o755)
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('builds an image from nothing, pushes it and builds on top of it', async () => {
    const container = await buildah('from', 'scratch')
    await buildah('copy', container, bench.folder.join('sh'), '/bin/sh')
    await buildah('config', '--cmd', '/bin/sh', '--label', 'made=here', container)
    await buildah('commit', '--rm', container, bench.image('buildah-base:v1'))
    await buildah('push', bench.image('buildah-base:v1'))
    await buildah('rmi', '--all', '--force')

    writeFileSync(
      bench.folder.join('Containerfile'),
      `FROM ${bench.image('buildah-base:v1')}\nRUN echo built > /result\nENV BUILT=yes\n`,
    )
    const file = ['--file', bench.folder.join('Containerfile')]
    const name = bench.image('buildah-child:v1')
    await buildah('build', ...file, '--tag', name, bench.folder.path)
    await buildah('push', '--digestfile', bench.folder.join('digest'), name)

    const base = await bench.api.getManifest(bench.repository('buildah-base'), 'v1')
    const child = await bench.api.getManifest(bench.repository('buildah-child'), 'v1')
    expect(digestOf(child.body)).toBe(child.header('docker-content-digest'))
    const layersOf = (body: unknown) => (body as { layers: { digest: string }[] }).layers
    expect(layersOf(child.json())).toHaveLength(2)
    expect(layersOf(child.json())[0]).toEqual(layersOf(base.json())[0])
  })

  it('pushes an index with all its images', async () => {
    const list = 'multi'
    await buildah('manifest', 'create', list)
    for (const arch of ['amd64', 'arm64']) {
      const container = await buildah('from', '--arch', arch, 'scratch')
      writeFileSync(bench.folder.join('arch'), arch)
      await buildah('copy', container, bench.folder.join('arch'), '/arch')
      await buildah('config', '--arch', arch, container)
      await buildah('commit', '--rm', '--manifest', list, container)
    }
    const target = `docker://${bench.image('buildah-multi:v1')}`
    await buildah('manifest', 'push', '--all', list, target)

    const index = await bench.api.getManifest(bench.repository('buildah-multi'), 'v1')
    expect(index.header('content-type')).toBe(mediaTypes.ociIndex)
    const { manifests } = index.json() as {
      manifests: { digest: string; platform: { architecture: string } }[]
    }
    expect(manifests.map(({ platform }) => platform.architecture).sort()).toEqual([
      'amd64',
      'arm64',
    ])
    for (const { digest } of manifests) {
      const child = await bench.api.getManifest(bench.repository('buildah-multi'), digest)
      expect(digestOf(child.body)).toBe(digest)
    }
  })
})
