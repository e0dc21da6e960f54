import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClientHome, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { createImage, type Image } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import {
  createMultiArchImage,
  createRunnableImage,
  writeImageLayout,
  writeMultiArchLayout,
} from '../support/sample-images.ts'

const isRoot = process.getuid?.() === 0

// Containers need root here: an ordinary user may lack the ids to unpack layers.
describe.skipIf(!isRoot || !hasPrograms('podman', 'skopeo', 'runc'))('podman', () => {
  let bench: ClientBench
  const podman = (...args: string[]) => bench.run('podman', args)
  /** Puts an image into podman's own storage, as if it had been built there. */
  const load = async (name: string, image: Image) => {
    const source = writeImageLayout(bench.folder.join(name), image)
    const target = `containers-storage:${bench.image(`${name}:v1`)}`
    await bench.run('skopeo', ['copy', source, target])
  }
  const digestOfLocal = async (name: string) =>
    (await podman('image', 'inspect', '--format', '{{.Digest}}', bench.image(name))).trim()

  beforeAll(async () => {
    bench = await startClientBench()
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('logs in, and out again', async () => {
    const { registry } = bench
    await using home = createClientHome([registry], { signedIn: false })
    const login = ['login', '--username', registry.username, '--password-stdin', registry.host]
    const said = await home.run('podman', login, { input: registry.password })
    expect(said).toContain('Login Succeeded')
    expect(await home.run('podman', ['login', '--get-login', registry.host])).toContain(
      registry.username,
    )
    await home.run('podman', ['logout', registry.host])
    expect((await home.attempt('podman', ['login', '--get-login', registry.host])).code).not.toBe(0)
  })

  it('is told that the password is wrong', async () => {
    const { host, username, password } = await bench.forgetful()
    await using home = createClientHome([bench.registry], { signedIn: false })
    const login = ['login', '--username', username, '--password-stdin', host]
    const { code, stderr } = await home.attempt('podman', login, { input: password })
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/invalid username\/password/)
  })

  it('pushes an image, forgets it and pulls it back', async () => {
    const image = createImage({ layers: [[{ name: 'a', content: 'podman' }]] })
    await load('podman-push', image)
    await podman('push', bench.image('podman-push:v1'))
    const pushed = await bench.digestAt('podman-push', 'v1')

    await podman('rmi', '--all', '--force')
    await podman('pull', '-q', bench.image('podman-push:v1'))
    expect(await digestOfLocal('podman-push:v1')).toBe(pushed)

    const repository = bench.repository('podman-push')
    const { layers } = (await bench.api.getManifest(repository, 'v1')).json() as {
      layers: { digest: string; size: number }[]
    }
    expect(layers).toHaveLength(1)
    for (const { digest, size } of layers) {
      expect(await bench.api.pullBlob(repository, digest)).toEqual({ digest, sizeBytes: size })
    }
  })

  it('pulls by digest, and is told when there is no such digest', async () => {
    const image = createImage({ layers: [[{ name: 'a', content: 'by digest' }]] })
    await bench.api.pushImage(bench.repository('podman-digest'), 'v1', image)
    const name = `${bench.image('podman-digest')}@${image.manifest.digest}`
    await podman('pull', '-q', name)
    expect(await podman('image', 'exists', name)).toBe('')

    const missing = `${bench.image('podman-digest')}@sha256:${'0'.repeat(64)}`
    const { code, stderr } = await bench.attempt('podman', ['pull', '-q', missing])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/manifest unknown/i)
  })

  it('pushes in the format of docker', async () => {
    await load('podman-docker', createImage({ layers: [[{ name: 'a', content: 'docker' }]] }))
    await podman('push', '--format', 'docker', bench.image('podman-docker:v1'))
    const answer = await bench.api.getManifest(bench.repository('podman-docker'), 'v1')
    expect(answer.header('content-type')).toMatch(/docker\.distribution\.manifest\.v2\+json$/)
    await podman('rmi', '--all', '--force')
    await podman('pull', '-q', bench.image('podman-docker:v1'))
    expect(await digestOfLocal('podman-docker:v1')).toBe(answer.header('docker-content-digest'))
  })

  it('pulls the image of its platform from an index', async () => {
    const multi = createMultiArchImage('podman')
    const source = writeMultiArchLayout(bench.folder.join('multi'), multi)
    await bench.run('skopeo', ['copy', '--all', source, `docker://${bench.image('podman-all:v1')}`])
    await podman('pull', '-q', '--platform', 'linux/arm64/v8', bench.image('podman-all:v1'))
    const architecture = ['image', 'inspect', '--format', '{{.Architecture}}']
    expect(await podman(...architecture, bench.image('podman-all:v1'))).toBe('arm64\n')
  })

  it('runs what it pulled', async () => {
    const image = createRunnableImage('hello from the registry')
    await bench.api.pushImage(bench.repository('podman-run'), 'v1', image)
    const run = ['run', '--rm', '--network=none', '--pull=always', bench.image('podman-run:v1')]
    expect(await podman(...run)).toBe('hello from the registry\n')
  })

  it('searches the tags of a repository', async () => {
    const image = createImage({ cmd: ['/tags'] })
    for (const tag of ['one', 'two']) {
      await bench.api.pushImage(bench.repository('podman-tags'), tag, image)
    }
    const listed = await podman('search', '--list-tags', bench.image('podman-tags'))
    expect(listed).toMatch(/podman-tags\s+one\n/)
    expect(listed).toMatch(/podman-tags\s+two\n/)
  })
})
