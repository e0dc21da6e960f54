import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClientHome, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage, digestOf, mediaTypes } from '../support/content.ts'
import { readOciLayout } from '../support/oci-layout.ts'
import { startPeerRegistry } from '../support/peer-registry.ts'
import { hasPrograms } from '../support/programs.ts'
import {
  createMultiArchImage,
  writeImageLayout,
  writeMultiArchLayout,
} from '../support/sample-images.ts'

describe.skipIf(!hasPrograms('skopeo'))('skopeo', () => {
  let bench: ClientBench
  const docker = (name: string) => `docker://${bench.image(name)}`
  const skopeo = (...args: string[]) => bench.run('skopeo', args)

  beforeAll(async () => {
    bench = await startClientBench()
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('copies an image in from a layout and back out, byte for byte', async () => {
    const image = createImage()
    const source = writeImageLayout(bench.folder.join('one'), image)
    await skopeo('copy', source, docker('skopeo:one'))
    expect(await bench.digestAt('skopeo', 'one')).toBe(image.manifest.digest)

    await skopeo('copy', docker('skopeo:one'), `oci:${bench.folder.join('one-back')}:latest`)
    const contents = [image.manifest, ...image.blobs].map(({ digest }) => digest)
    expect(readOciLayout(bench.folder.join('one-back'))).toEqual(contents.sort())
  })

  it('copies to and from a plain folder', async () => {
    const image = createImage({ layers: [[{ name: 'a', content: 'folder' }]] })
    const source = writeImageLayout(bench.folder.join('two'), image)
    await skopeo('copy', source, docker('skopeo-dir:two'))
    const folder = bench.folder.join('two-dir')
    await skopeo('copy', docker('skopeo-dir:two'), `dir:${folder}`)
    expect(digestOf(readFileSync(`${folder}/manifest.json`))).toBe(image.manifest.digest)
    await skopeo('copy', `dir:${folder}`, docker('skopeo-dir:three'))
    expect(await bench.digestAt('skopeo-dir', 'three')).toBe(image.manifest.digest)
  })

  it('copies all platforms of an index', async () => {
    const multi = createMultiArchImage('skopeo')
    const source = writeMultiArchLayout(bench.folder.join('multi'), multi)
    await skopeo('copy', '--all', source, docker('skopeo-all:v1'))
    expect(await bench.digestAt('skopeo-all', 'v1')).toBe(multi.index.digest)
    for (const { manifest } of multi.images) {
      expect(await bench.digestAt('skopeo-all', manifest.digest)).toBe(manifest.digest)
    }

    const back = bench.folder.join('multi-back')
    await skopeo('copy', '--all', docker('skopeo-all:v1'), `oci:${back}:v1`)
    expect(readOciLayout(back)).toContain(multi.index.digest)
  })

  it('picks the image of one platform out of an index', async () => {
    const multi = createMultiArchImage('platform')
    const source = writeMultiArchLayout(bench.folder.join('platform'), multi)
    await skopeo('copy', '--all', source, docker('skopeo-platform:v1'))
    const folder = bench.folder.join('arm')
    const arm = ['--override-arch', 'arm64', '--override-variant', 'v8']
    await skopeo(...arm, 'copy', docker('skopeo-platform:v1'), `dir:${folder}`)
    const manifest = digestOf(readFileSync(`${folder}/manifest.json`))
    expect(manifest).toBe(multi.images[1]?.manifest.digest)
  })

  it('pushes what docker would push: schema 2 manifests and their list', async () => {
    const source = writeMultiArchLayout(bench.folder.join('v2s2'), createMultiArchImage('v2s2'))
    await skopeo('copy', '--all', '--format', 'v2s2', source, docker('skopeo-v2s2:v1'))
    const list = await bench.api.getManifest(bench.repository('skopeo-v2s2'), 'v1')
    expect(list.header('content-type')).toBe(mediaTypes.dockerList)
    expect(digestOf(list.body)).toBe(list.header('docker-content-digest'))
    const { manifests } = list.json() as { manifests: { digest: string; mediaType: string }[] }
    expect(manifests.map(({ mediaType }) => mediaType)).toEqual([
      mediaTypes.dockerManifest,
      mediaTypes.dockerManifest,
    ])
    const raw = await skopeo('inspect', '--raw', docker('skopeo-v2s2:v1'))
    expect(digestOf(raw)).toBe(digestOf(list.body))
  })

  it('lists tags, inspects and copies by digest', async () => {
    const image = createImage({ labels: { purpose: 'inspection' } })
    const source = writeImageLayout(bench.folder.join('inspect'), image)
    for (const tag of ['b', 'a', '1.0']) {
      await skopeo('copy', source, docker(`skopeo-inspect:${tag}`))
    }
    const listed = JSON.parse(await skopeo('list-tags', docker('skopeo-inspect'))) as {
      Tags: string[]
    }
    expect([...listed.Tags].sort()).toEqual(['1.0', 'a', 'b'])

    const inspected = JSON.parse(await skopeo('inspect', docker('skopeo-inspect:a'))) as {
      Digest: string
      Labels: Record<string, string>
    }
    expect(inspected.Digest).toBe(image.manifest.digest)
    expect(inspected.Labels).toEqual({ purpose: 'inspection' })

    const byDigest = `${docker('skopeo-inspect')}@${image.manifest.digest}`
    await skopeo('copy', byDigest, `dir:${bench.folder.join('by-digest')}`)
  })

  it('deletes an image', async () => {
    const source = writeImageLayout(bench.folder.join('delete'), createImage({ cmd: ['/delete'] }))
    await skopeo('copy', source, docker('skopeo-delete:gone'))
    await skopeo('delete', docker('skopeo-delete:gone'))
    const answer = await bench.api.headManifest(bench.repository('skopeo-delete'), 'gone')
    expect(answer.status).toBe(404)
  })

  it('reuses layers of another repository and of an earlier push', async () => {
    const image = createImage({ layers: [[{ name: 'shared', content: 'by two' }]] })
    const source = writeImageLayout(bench.folder.join('shared'), image)
    await skopeo('copy', source, docker('skopeo-first:v1'))
    await skopeo('copy', docker('skopeo-first:v1'), docker('skopeo-second:v1'))
    expect(await bench.digestAt('skopeo-second', 'v1')).toBe(image.manifest.digest)
  })

  it('says plainly that the password is wrong', async () => {
    const { username, password } = await bench.forgetful()
    const wrong = `${username}:${password}`
    const { code, stderr } = await bench.attempt('skopeo', [
      ...['inspect', '--creds', wrong, docker('skopeo:one')],
    ])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/unauthorized|authentication required|invalid username\/password/i)
  })

  it('refuses a certificate that nobody vouched for', async () => {
    await using stranger = createClientHome([bench.registry], { trusting: false })
    const inspect = ['inspect', docker('skopeo:one')]
    const refused = await stranger.attempt('skopeo', inspect)
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/x509: certificate signed by unknown authority/)
    const careless = await stranger.attempt('skopeo', [...inspect, '--tls-verify=false'])
    expect(careless.stderr).toBe('')
  })

  describe.skipIf(!hasPrograms('docker-registry', 'openssl'))('with a peer registry', () => {
    it('synchronises a repository out and in again', async () => {
      await using peer = await startPeerRegistry()
      await using home = createClientHome([bench.registry, peer])
      const multi = createMultiArchImage('sync')
      const source = writeMultiArchLayout(home.folder.join('sync'), multi)
      for (const tag of ['v1', 'v2']) {
        await home.run('skopeo', ['copy', '--all', source, docker(`skopeo-sync:${tag}`)])
      }
      const sync = ['sync', '--all', '--src', 'docker', '--dest', 'docker']
      const there = `${peer.host}/mirrored`
      await home.run('skopeo', [...sync, bench.image('skopeo-sync'), there])
      const client = peer.client()
      const copied = await client.headManifest('mirrored/skopeo-sync', 'v2')
      client.close()
      expect(copied.header('docker-content-digest')).toBe(multi.index.digest)

      const back = `${bench.registry.host}/${bench.registry.username}/returned`
      await home.run('skopeo', [...sync, `${there}/skopeo-sync`, back])
      for (const tag of ['v1', 'v2']) {
        expect(await bench.digestAt('returned/skopeo-sync', tag)).toBe(multi.index.digest)
      }
    })
  })
})
