import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClientHome, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage, digestOf, mediaTypes } from '../support/content.ts'
import { readOciLayout } from '../support/oci-layout.ts'
import { hasPrograms } from '../support/programs.ts'
import {
  createMultiArchImage,
  pushMultiArchImage,
  writeImageLayout,
  writeMultiArchLayout,
} from '../support/sample-images.ts'
import { createTar } from '../support/tar.ts'

describe.skipIf(!hasPrograms('crane'))('crane', () => {
  let bench: ClientBench
  const crane = async (...args: string[]) => (await bench.run('crane', args)).trim()
  const push = async (name: string, content: string) => {
    const image = createImage({ layers: [[{ name: 'content', content }]] })
    const folder = bench.folder.join(name.replaceAll(/\W/g, '-'))
    writeImageLayout(folder, image)
    await crane('push', folder, bench.image(name))
    return image
  }

  beforeAll(async () => {
    bench = await startClientBench()
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('logs in', async () => {
    const { registry } = bench
    await using home = createClientHome([registry], { signedIn: false })
    const account = ['-u', registry.username, '--password-stdin']
    const login = ['auth', 'login', registry.host, ...account]
    await home.run('crane', login, { input: registry.password })
    await push('crane-login:v1', 'login')
    const digest = await home.run('crane', ['digest', bench.image('crane-login:v1')])
    expect(digest.trim()).toBe(await bench.digestAt('crane-login', 'v1'))
  })

  it('pushes, reports the digest and pulls the same bytes', async () => {
    const image = await push('crane-push:v1', 'push')
    expect(await crane('digest', bench.image('crane-push:v1'))).toBe(image.manifest.digest)
    const folder = bench.folder.join('pulled')
    await crane('pull', '--format', 'oci', bench.image('crane-push:v1'), folder)
    const contents = [image.manifest, ...image.blobs].map(({ digest }) => digest)
    expect(readOciLayout(folder)).toEqual(contents.sort())
    await crane('validate', '--remote', bench.image('crane-push:v1'))
  })

  it('prints manifest, config, blob and files of an image', async () => {
    const image = await push('crane-read:v1', 'to be read')
    const name = bench.image('crane-read:v1')
    expect(digestOf(await bench.run('crane', ['manifest', name]))).toBe(image.manifest.digest)
    const [layer, config] = image.blobs
    expect(digestOf(await bench.run('crane', ['config', name]))).toBe(config?.digest)
    const archive = bench.folder.join('export.tar')
    await crane('export', name, archive)
    expect(layer).toBeDefined()
    const blob = ['blob', `${bench.image('crane-read')}@${config?.digest ?? ''}`]
    expect(digestOf(await bench.run('crane', blob))).toBe(config?.digest)
  })

  it('copies between repositories, all platforms or one', async () => {
    const multi = createMultiArchImage('crane')
    await pushMultiArchImage(bench.api, bench.repository('crane-multi'), 'v1', multi)
    await crane('copy', bench.image('crane-multi:v1'), bench.image('crane-copied:v1'))
    expect(await bench.digestAt('crane-copied', 'v1')).toBe(multi.index.digest)

    const [from, to] = [bench.image('crane-multi:v1'), bench.image('crane-arm:v1')]
    await crane('copy', '--platform', 'linux/arm64/v8', from, to)
    expect(await bench.digestAt('crane-arm', 'v1')).toBe(multi.images[1]?.manifest.digest)
  })

  it('pushes an index that holds an index', async () => {
    const multi = createMultiArchImage('nested')
    const folder = bench.folder.join('nested')
    writeMultiArchLayout(folder, multi)
    await crane('push', '--index', folder, bench.image('crane-nested:v1'))
    const outer = await bench.api.getManifest(bench.repository('crane-nested'), 'v1')
    const { manifests } = outer.json() as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual([multi.index.digest])
    expect(await bench.digestAt('crane-nested', multi.index.digest)).toBe(multi.index.digest)
  })

  it('tags and lists tags, over several pages as well', async () => {
    await push('crane-tags:base', 'tags')
    const tags = Array.from({ length: 12 }, (_, at) => `t${String(at).padStart(2, '0')}`)
    for (const tag of tags.slice(0, 3)) await crane('tag', bench.image('crane-tags:base'), tag)
    const image = createImage({ layers: [[{ name: 'content', content: 'tags' }]] })
    for (const tag of tags.slice(3)) {
      await bench.api.putManifest(bench.repository('crane-tags'), tag, image.manifest)
    }
    const listed = await crane('ls', bench.image('crane-tags'))
    expect(listed.split('\n').sort()).toEqual(['base', ...tags])
  })

  it('lists the repositories it may see', async () => {
    await push('crane-catalog/nested:v1', 'catalog')
    const listed = (await crane('catalog', bench.registry.host)).split('\n')
    expect(listed).toContain(bench.repository('crane-catalog/nested'))
  })

  it('changes an image in place and appends a layer', async () => {
    await push('crane-mutate:v1', 'mutate')
    const name = bench.image('crane-mutate')
    await crane('mutate', `${name}:v1`, '--label', 'changed=yes', '--tag', `${name}:v2`)
    const config = JSON.parse(await crane('config', `${name}:v2`)) as {
      config: { Labels: Record<string, string> }
    }
    expect(config.config.Labels).toEqual({ changed: 'yes' })

    const layer = bench.folder.join('layer.tar')
    writeFileSync(layer, createTar([{ name: 'appended', content: 'more' }]))
    await crane('append', '--base', `${name}:v2`, '--new_layer', layer, '--new_tag', `${name}:v3`)
    const manifest = JSON.parse(await crane('manifest', `${name}:v3`)) as { layers: unknown[] }
    expect(manifest.layers).toHaveLength(2)
    await crane('validate', '--remote', `${name}:v3`)
  })

  it('puts images together into an index', async () => {
    const one = await push('crane-index:one', 'one')
    const two = await push('crane-index:two', 'two')
    const name = bench.image('crane-index')
    const parts = [one, two].flatMap(({ manifest }) => ['-m', `${name}@${manifest.digest}`])
    await crane('index', 'append', ...parts, '--tag', `${name}:both`)
    const answer = await bench.api.getManifest(bench.repository('crane-index'), 'both')
    expect([mediaTypes.ociIndex, mediaTypes.dockerList]).toContain(answer.header('content-type'))
    const { manifests } = answer.json() as { manifests: { digest: string }[] }
    expect(manifests.map(({ digest }) => digest)).toEqual([
      one.manifest.digest,
      two.manifest.digest,
    ])
  })

  it('deletes by digest', async () => {
    const image = await push('crane-delete:v1', 'delete')
    await crane('delete', `${bench.image('crane-delete')}@${image.manifest.digest}`)
    const { code, stderr } = await bench.attempt('crane', [
      'digest',
      bench.image('crane-delete:v1'),
    ])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/MANIFEST_UNKNOWN|404/)
  })

  it('says plainly that the password is wrong', async () => {
    await using home = createClientHome([await bench.forgetful()])
    const { code, stderr } = await home.attempt('crane', ['ls', bench.image('crane-push')])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/UNAUTHORIZED|401/)
  })
})
